// LMDB: one unnamed database, a transaction for each block.
#include <lmdb.h>
#include <sys/stat.h>

#include "store.h"

namespace {

// Address space only; the file grows as it is used.
constexpr size_t mapBytes = size_t(64) << 30;

void check(int result, const char *what) {
    if (result) fail(what, mdb_strerror(result));
}

MDB_val value(const std::string &bytes) {
    return {bytes.size(), const_cast<char *>(bytes.data())};
}

struct LMDB : Store {
    MDB_env *environment;
    MDB_dbi database;

    LMDB(const std::string &path, unsigned flags) {
        mkdir(path.c_str(), 0700);
        check(mdb_env_create(&environment), "create");
        check(mdb_env_set_mapsize(environment, mapBytes), "map size");
        // Reads are points spread over everything: reading ahead would only fill memory.
        check(mdb_env_open(environment, path.c_str(), flags | MDB_NORDAHEAD, 0600), "open");
        MDB_txn *transaction;
        check(mdb_txn_begin(environment, nullptr, 0, &transaction), "begin");
        check(mdb_dbi_open(transaction, nullptr, 0, &database), "database");
        check(mdb_txn_commit(transaction), "commit");
    }

    size_t count(const std::vector<std::string> &keys) override {
        MDB_txn *transaction;
        check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), "begin");
        size_t found = 0;
        for (const auto &key : keys) {
            MDB_val name = value(key), result;
            const int code = mdb_get(transaction, database, &name, &result);
            if (code != MDB_NOTFOUND) check(code, "get"), found++;
        }
        mdb_txn_abort(transaction);
        return found;
    }

    void write(const Batch &batch) override {
        MDB_txn *transaction;
        check(mdb_txn_begin(environment, nullptr, 0, &transaction), "begin");
        for (const auto &row : batch.puts) {
            MDB_val name = value(row.key), bytes = value(row.value);
            check(mdb_put(transaction, database, &name, &bytes, 0), "put");
        }
        for (const auto &key : batch.stale) {
            MDB_val name = value(key);
            const int code = mdb_del(transaction, database, &name, nullptr);
            if (code != MDB_NOTFOUND) check(code, "delete");
        }
        check(mdb_txn_commit(transaction), "commit");
    }

    uint64_t head() override {
        MDB_txn *transaction;
        check(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), "begin");
        const std::string key = headKey();
        MDB_val name = value(key), result;
        const int code = mdb_get(transaction, database, &name, &result);
        if (code != MDB_NOTFOUND) check(code, "get");
        const uint64_t height = code ? 0 : decode(result.mv_data);
        mdb_txn_abort(transaction);
        return height;
    }

    void close() override {
        check(mdb_env_sync(environment, 1), "sync");
        mdb_env_close(environment);
    }
};

}  // namespace

std::unique_ptr<Store> openLMDB(const std::string &path, unsigned flags) {
    return std::make_unique<LMDB>(path, flags);
}
