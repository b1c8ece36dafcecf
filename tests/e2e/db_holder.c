/* Holds the write lock of an SQLite database until its standard input ends: another program that
 * has assayd's database open. Prints "held" when it has the lock. */
#include <sqlite3.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    if (argc != 2 || sqlite3_open(argv[1], &db) != SQLITE_OK ||
        sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "db_holder: %s\n", db ? sqlite3_errmsg(db) : "usage: db_holder FILE");
        return 1;
    }
    printf("held\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
