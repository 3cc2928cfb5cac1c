// SQLite: one table that is its own index, write-ahead log, a transaction for each block.
#include <sqlite3.h>
#include <sys/stat.h>

#include "store.h"

namespace {

struct SQLite : Store {
    sqlite3 *database = nullptr;
    sqlite3_stmt *get, *put, *remove;

    SQLite(const std::string &path, const char *synchronous) {
        mkdir(path.c_str(), 0700);
        check(sqlite3_open((path + "/store").c_str(), &database), "open");
        run("PRAGMA journal_mode=WAL");
        run((std::string("PRAGMA synchronous=") + synchronous).c_str());
        // What RocksDB's tables in memory and cache may take together; a checkpoint as rarely as
        // one of those tables is written out.
        run("PRAGMA cache_size=-147456");
        run("PRAGMA wal_autocheckpoint=8192");
        run("CREATE TABLE IF NOT EXISTS rows(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
        get = prepare("SELECT value FROM rows WHERE key=?");
        put = prepare("INSERT OR REPLACE INTO rows VALUES(?,?)");
        remove = prepare("DELETE FROM rows WHERE key=?");
    }

    void check(int result, const char *what) {
        if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE)
            fail(what, database ? sqlite3_errmsg(database) : sqlite3_errstr(result));
    }

    void run(const char *statement) {
        check(sqlite3_exec(database, statement, nullptr, nullptr, nullptr), statement);
    }

    sqlite3_stmt *prepare(const char *text) {
        sqlite3_stmt *statement;
        check(sqlite3_prepare_v2(database, text, -1, &statement, nullptr), text);
        return statement;
    }

    bool step(sqlite3_stmt *statement, const std::string &key, const std::string *value) {
        check(sqlite3_bind_blob(statement, 1, key.data(), int(key.size()), SQLITE_STATIC), "bind");
        if (value)
            check(
                sqlite3_bind_blob(statement, 2, value->data(), int(value->size()), SQLITE_STATIC),
                "bind");
        const int result = sqlite3_step(statement);
        check(result, "step");
        return result == SQLITE_ROW;
    }

    size_t count(const std::vector<std::string> &keys) override {
        run("BEGIN");
        size_t found = 0;
        for (const auto &key : keys) {
            found += step(get, key, nullptr);
            sqlite3_reset(get);
        }
        run("COMMIT");
        return found;
    }

    void write(const Batch &batch) override {
        run("BEGIN IMMEDIATE");
        for (const auto &row : batch.puts) {
            step(put, row.key, &row.value);
            sqlite3_reset(put);
        }
        for (const auto &key : batch.stale) {
            step(remove, key, nullptr);
            sqlite3_reset(remove);
        }
        run("COMMIT");
    }

    uint64_t head() override {
        const uint64_t height =
            step(get, headKey(), nullptr) ? decode(sqlite3_column_blob(get, 0)) : 0;
        sqlite3_reset(get);
        return height;
    }

    void close() override {
        for (auto *statement : {get, put, remove}) sqlite3_finalize(statement);
        check(sqlite3_close(database), "close");
    }
};

}  // namespace

std::unique_ptr<Store> openSQLite(const std::string &path, const char *synchronous) {
    return std::make_unique<SQLite>(path, synchronous);
}
