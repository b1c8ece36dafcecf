/* Another program that has assayd's database open.
 *
 *   db_holder FILE        holds the write lock until its standard input ends; prints "held"
 *   db_holder FILE QUERY  prints the first column of the query's rows */
#include <sqlite3.h>
#include <stdio.h>

static int print_row(void *ctx, int count, char **values, char **names)
{
    (void)ctx, (void)count, (void)names;
    printf("%s\n", values[0] ? values[0] : "");
    return 0;
}

static int hold(sqlite3 *db)
{
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc;
    printf("held\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    int rc = argc == 2 || argc == 3 ? sqlite3_open(argv[1], &db) : SQLITE_MISUSE;
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, 10000);
    if (rc == SQLITE_OK)
        rc = argc == 2 ? hold(db) : sqlite3_exec(db, argv[2], print_row, NULL, NULL);
    if (rc != SQLITE_OK)
        fprintf(stderr, "db_holder: %s\n", db ? sqlite3_errmsg(db) : "FILE [QUERY]");
    sqlite3_close(db);
    return rc == SQLITE_OK ? 0 : 1;
}
