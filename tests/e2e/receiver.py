#!/usr/bin/env python3
"""A webhook's other side: keeps what it was sent, one JSON object a line, and says whether the signature is right.

receiver.py PORT-FILE LOG KEY. The answer is by the path: /ok 200, /moved 307 back to /ok, /bad 400, /down 503 for as long as the file
LOG.down is there, /hang none.
"""
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

port_file, log, key = sys.argv[1:4]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp = self.headers["X-Assay-Timestamp"]
        want = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        entry = {
            "path": self.path,
            "event": self.headers["X-Assay-Event"],
            "fresh": abs(time.time() - int(stamp)) < 300,
            "signature": self.headers["X-Assay-Signature"],
            "signed": self.headers["X-Assay-Signature"] == "sha256=" + want,
            "body": json.loads(body),
        }
        with open(log, "a") as file:
            file.write(json.dumps(entry) + "\n")
        if self.path.startswith("/hang"):
            time.sleep(600)
        status = {"/moved": 307, "/bad": 400}.get(self.path, 200)
        if self.path.startswith("/down") and os.path.exists(log + ".down"):
            status = 503
        self.send_response(status)
        self.send_header("Location", "/ok")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"so.\n")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
