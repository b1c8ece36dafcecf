(() => {
  const cases = [...document.querySelectorAll(".case")];
  const find = document.getElementById("find"), show = document.getElementById("show");
  const shown = document.getElementById("shown");
  const fits = (one) => {
    const wanted = show.value, text = find.value.trim().toLowerCase();
    if (wanted === "critical" ? !("critical" in one.dataset) : wanted && !one.querySelector(".chip." + wanted)) return false;
    return !text || one.textContent.toLowerCase().includes(text);
  };
  const filter = () => {
    let count = 0;
    for (const one of cases) count += !(one.hidden = !fits(one));
    shown.textContent = count + " of " + cases.length + " cases";
  };
  find.addEventListener("input", filter);
  show.addEventListener("change", filter);
  document.querySelector(".filters").hidden = false;
  filter();
})();
