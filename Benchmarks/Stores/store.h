// What the load asks of a key-value store, and the rows that it is given.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Row {
    std::string key;
    std::string value;
};

// What one block changes. It is there whole or not at all.
struct Batch {
    std::vector<Row> puts;
    // Pages that no state which is kept needs any more; RocksDB lets go of them by itself.
    std::vector<std::string> stale;
    uint64_t height = 0;
};

struct Store {
    virtual ~Store() = default;
    // How many of the keys are there, all as of one moment.
    virtual size_t count(const std::vector<std::string> &keys) = 0;
    virtual void write(const Batch &batch) = 0;
    // The height of the newest batch; 0 where there is none.
    virtual uint64_t head() = 0;
    virtual void close() = 0;
};

// Each row is the settings under which the store is measured; see the table in main.cpp.
std::unique_ptr<Store> openRocks(const std::string &path, bool durable);
std::unique_ptr<Store> openLMDB(const std::string &path, unsigned flags);
std::unique_ptr<Store> openSQLite(const std::string &path, const char *synchronous);
std::unique_ptr<Store> openAppend(const std::string &path);

// Versions of pages that stay readable: older ones go.
constexpr uint64_t keptBlocks = 256;
constexpr char pageKind = 'n';
constexpr char headKind = 'h';
constexpr size_t versionSize = 8;

inline std::string headKey() { return std::string(1, headKind); }

inline std::string encode(uint64_t number) {
    std::string bytes(8, 0);
    for (int place = 7; place >= 0; place--, number >>= 8) bytes[place] = char(number);
    return bytes;
}

inline uint64_t decode(const void *bytes) {
    uint64_t number = 0;
    for (int place = 0; place < 8; place++)
        number = number << 8 | static_cast<const unsigned char *>(bytes)[place];
    return number;
}

[[noreturn]] inline void fail(const std::string &what, const std::string &why) {
    throw std::runtime_error(what + ": " + why);
}
