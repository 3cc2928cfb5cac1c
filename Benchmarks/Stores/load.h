// The ledger's load as its state store sees it: see Sources/Storage/Ledger/LedgerEntry.swift for the rows.
#pragma once

#include <cstring>
#include <deque>
#include <fstream>

#include "store.h"

// A small generator (splitmix64): what is measured is the store.
struct Random {
    uint64_t state;

    uint64_t next() {
        uint64_t mixed = state += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        return mixed ^ mixed >> 31;
    }

    std::string bytes(size_t count) {
        std::string result(count, 0);
        for (size_t place = 0; place < count; place += 8) {
            const uint64_t word = next();
            memcpy(&result[place], &word, std::min<size_t>(8, count - place));
        }
        return result;
    }
};

struct Load {
    static constexpr size_t transactions = 500;
    static constexpr size_t recordsEach = 3;
    // A page of the tree has sixteen places and here ten entries; more than half of the changes of a
    // block meet a page of their own at the lowest level, and the levels above make up for the rest.
    static constexpr uint64_t entriesPerPage = 10;

    Random random{1};
    uint64_t height = 0;
    uint64_t records = 0;
    // The newest version of each page, and what newer ones have replaced since.
    std::vector<uint32_t> pages;
    std::deque<std::vector<std::string>> replaced;

    static std::string key(char kind, const std::string &rest) { return kind + rest; }

    static std::string page(uint32_t number, uint64_t version) {
        const auto *bytes = reinterpret_cast<const char *>(&number);
        return key(pageKind, std::string(bytes, sizeof number) + encode(~version));
    }

    // Fills the next block, and the keys that are looked for before it: none of them is there.
    void next(Batch &batch, std::vector<std::string> &absent) {
        batch.puts.clear();
        absent.clear();
        batch.height = ++height;
        for (size_t number = 0; number < transactions * recordsEach; number++) {
            batch.puts.push_back({key('s', random.bytes(16)), random.bytes(90)});
            absent.push_back(batch.puts.back().key);
        }
        for (size_t number = 0; number < transactions; number++) {
            batch.puts.push_back({key('x', random.bytes(32)), random.bytes(20)});
            absent.push_back(batch.puts.back().key);
        }
        records += transactions * recordsEach;
        pages.resize(std::max<uint64_t>(1, records / entriesPerPage));
        std::vector<std::string> old;
        for (size_t number = 0; number < transactions * recordsEach; number++) {
            const auto which = uint32_t(random.next() % pages.size());
            if (pages[which] == height) continue;
            if (pages[which] > 0) old.push_back(page(which, pages[which]));
            pages[which] = uint32_t(height);
            batch.puts.push_back({page(which, height), random.bytes(700)});
        }
        batch.puts.push_back({headKey(), encode(height)});
        replaced.push_back(std::move(old));
        batch.stale.clear();
        if (replaced.size() > keptBlocks) {
            batch.stale = std::move(replaced.front());
            replaced.pop_front();
        }
    }

    void save(const std::string &path) const {
        std::ofstream file(path, std::ios::binary);
        auto put = [&](uint64_t number) { file.write((const char *)&number, 8); };
        put(random.state), put(height), put(records), put(pages.size());
        file.write((const char *)pages.data(), std::streamsize(pages.size() * 4));
        put(replaced.size());
        for (const auto &keys : replaced) {
            put(keys.size());
            for (const auto &name : keys) file.write(name.data(), std::streamsize(name.size()));
        }
        if (!file) fail(path, "cannot be written");
    }

    void restore(const std::string &path) {
        std::ifstream file(path, std::ios::binary);
        auto get = [&] {
            uint64_t number = 0;
            file.read((char *)&number, 8);
            return number;
        };
        random.state = get(), height = get(), records = get(), pages.resize(get());
        file.read((char *)pages.data(), std::streamsize(pages.size() * 4));
        replaced.resize(get());
        for (auto &keys : replaced) {
            keys.assign(get(), page(0, 0));
            for (auto &name : keys) file.read(name.data(), std::streamsize(name.size()));
        }
        if (!file) fail(path, "cannot be read: run fill first");
    }
};
