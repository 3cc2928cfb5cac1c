// RocksDB by its C API, with the settings of Sources/KeyValue and Sources/Storage/Ledger.
#include <rocksdb/c.h>

#include <atomic>
#include <cstring>

#include "store.h"

namespace {

std::atomic<uint64_t> floorHeight{0};

// As Sources/KeyValue/VersionPruning.swift: of the versions of a page at or below the floor only the
// newest stays. Their numbers count down, so that the newest comes first.
struct Pruning {
    uint64_t floor = floorHeight.load();
    std::string place;
    bool hasFloor = false;

    bool drops(const char *key, size_t count) {
        if (count < 1 + versionSize || key[0] != pageKind) return false;
        const uint64_t version = ~decode(key + count - versionSize);
        if (place.compare(0, place.npos, key, count - versionSize) != 0) {
            place.assign(key, count - versionSize);
            hasFloor = false;
        }
        if (version > floor) return false;
        const bool gone = hasFloor;
        hasFloor = true;
        return gone;
    }
};

const char *pruningName(void *) { return "cairn.versions"; }

rocksdb_compactionfilter_t *makeFilter(void *, rocksdb_compactionfiltercontext_t *) {
    return rocksdb_compactionfilter_create(
        new Pruning, [](void *state) { delete static_cast<Pruning *>(state); },
        [](void *state, int, const char *key, size_t count, const char *, size_t, char **, size_t *,
           unsigned char *) -> unsigned char {
            return static_cast<Pruning *>(state)->drops(key, count);
        },
        pruningName);
}

void check(char *message, const char *what) {
    if (!message) return;
    const std::string text(message);
    rocksdb_free(message);
    fail(what, text);
}

struct Rocks : Store {
    rocksdb_t *database;
    rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
    rocksdb_writeoptions_t *writing = rocksdb_writeoptions_create();

    Rocks(const std::string &path, bool durable) {
        rocksdb_options_t *options = rocksdb_options_create();
        rocksdb_options_set_create_if_missing(options, 1);
        rocksdb_options_set_write_buffer_size(options, 32 << 20);
        rocksdb_options_set_max_write_buffer_number(options, 4);
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.1);
        rocksdb_options_set_memtable_whole_key_filtering(options, 1);
        rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
        rocksdb_options_set_max_open_files(options, 256);
        rocksdb_options_set_max_background_jobs(options, 2);
        rocksdb_options_set_compression(options, rocksdb_no_compression);
        rocksdb_options_set_paranoid_checks(options, 1);
        rocksdb_options_set_stats_dump_period_sec(options, 0);
        rocksdb_options_set_info_log_level(options, 2);
        rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
        rocksdb_block_based_options_set_block_cache(table, rocksdb_cache_create_lru(16 << 20));
        rocksdb_block_based_options_set_block_size(table, 4 << 10);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 0);
        rocksdb_block_based_options_set_format_version(table, 5);
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(10));
        rocksdb_options_set_block_based_table_factory(options, table);
        rocksdb_options_set_compaction_filter_factory(
            options, rocksdb_compactionfilterfactory_create(
                         nullptr, [](void *) {}, makeFilter, pruningName));
        rocksdb_writeoptions_disable_WAL(writing, durable ? 0 : 1);
        rocksdb_writeoptions_set_sync(writing, durable ? 1 : 0);
        char *message = nullptr;
        database = rocksdb_open(options, path.c_str(), &message);
        check(message, "open");
    }

    size_t count(const std::vector<std::string> &keys) override {
        size_t found = 0;
        for (const auto &key : keys) {
            char *message = nullptr;
            auto *slice =
                rocksdb_get_pinned(database, reading, key.data(), key.size(), &message);
            check(message, "get");
            if (slice) found++, rocksdb_pinnableslice_destroy(slice);
        }
        return found;
    }

    void write(const Batch &batch) override {
        auto *rows = rocksdb_writebatch_create();
        for (const auto &row : batch.puts)
            rocksdb_writebatch_put(
                rows, row.key.data(), row.key.size(), row.value.data(), row.value.size());
        char *message = nullptr;
        rocksdb_write(database, writing, rows, &message);
        rocksdb_writebatch_destroy(rows);
        check(message, "write");
        if (batch.height > keptBlocks) floorHeight = batch.height - keptBlocks;
    }

    uint64_t head() override {
        const std::string key = headKey();
        char *message = nullptr;
        size_t count = 0;
        char *value = rocksdb_get(database, reading, key.data(), key.size(), &count, &message);
        check(message, "get");
        const uint64_t height = value ? decode(value) : 0;
        rocksdb_free(value);
        return height;
    }

    void close() override { rocksdb_close(database); }
};

}  // namespace

std::unique_ptr<Store> openRocks(const std::string &path, bool durable) {
    return std::make_unique<Rocks>(path, durable);
}
