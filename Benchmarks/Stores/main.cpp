// Puts key-value stores under the load of the ledger's state. See run.sh.
//
// usage: stores fill STORE FOLDER RECORDS   the load, until so many records are there; a clean close
//        stores run MODE FOLDER SECONDS     the load as fast as it goes; ends as kill -9 would end it
//
// `run` prints one row of figures, tab-separated; `stores columns` names them, `stores modes` the modes.
#include <lmdb.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "load.h"

using Clock = std::chrono::steady_clock;

struct Mode {
    const char *name;
    // Whose folder it opens.
    const char *store;
    std::function<std::unique_ptr<Store>(const std::string &)> open;
};

// The first of each store is the one that fills.
static const std::vector<Mode> modes = {
    {"rocksdb", "rocksdb", [](auto &path) { return openRocks(path, false); }},
    {"rocksdb-log-sync", "rocksdb", [](auto &path) { return openRocks(path, true); }},
    {"lmdb-nosync", "lmdb", [](auto &path) { return openLMDB(path, MDB_NOSYNC | MDB_WRITEMAP); }},
    {"lmdb-nometasync", "lmdb", [](auto &path) { return openLMDB(path, MDB_NOMETASYNC); }},
    {"lmdb-sync", "lmdb", [](auto &path) { return openLMDB(path, 0); }},
    {"sqlite-off", "sqlite", [](auto &path) { return openSQLite(path, "OFF"); }},
    {"sqlite-normal", "sqlite", [](auto &path) { return openSQLite(path, "NORMAL"); }},
    {"sqlite-full", "sqlite", [](auto &path) { return openSQLite(path, "FULL"); }},
};

static double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
}

static double processorSeconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    auto of = [](timeval time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

// Blocks that the folder's files take, in bytes.
static uint64_t diskBytes(const std::string &path) {
    uint64_t sum = 0;
    DIR *folder = opendir(path.c_str());
    if (!folder) fail(path, "cannot be listed");
    while (const dirent *entry = readdir(folder)) {
        struct stat status;
        if (entry->d_name[0] != '.' && stat((path + "/" + entry->d_name).c_str(), &status) == 0)
            sum += uint64_t(status.st_blocks) * 512;
    }
    closedir(folder);
    return sum;
}

// Of /proc/self/status, in MiB.
static double memory(const std::string &name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.compare(0, name.size(), name) == 0)
            return std::stod(line.substr(name.size() + 1)) / 1024;
    return 0;
}

struct Figures {
    uint64_t blocks = 0, rows = 0;
    double elapsed = 0, processor = 0;
    std::vector<double> latencies;

    double latency(double part) const {
        return latencies[std::min(latencies.size() - 1, size_t(double(latencies.size()) * part))];
    }
};

// Block after block until the time is over; a latency is the lookups and the commit of one.
static Figures measure(Store &store, Load &load, double limit, bool isBound) {
    Figures figures;
    Batch batch;
    std::vector<std::string> absent;
    const auto start = Clock::now();
    const double before = processorSeconds();
    while (seconds(start) < limit) {
        load.next(batch, absent);
        const auto begin = Clock::now();
        if (!isBound && store.count(absent) != 0) fail("load", "a new key is there already");
        store.write(batch);
        figures.latencies.push_back(seconds(begin) * 1e3);
        figures.blocks++;
        figures.rows += batch.puts.size();
    }
    figures.elapsed = seconds(start);
    figures.processor = processorSeconds() - before;
    std::sort(figures.latencies.begin(), figures.latencies.end());
    return figures;
}

static void fill(const Mode &mode, const std::string &folder, uint64_t records) {
    Load load;
    auto store = mode.open(folder + "/" + mode.store);
    Batch batch;
    std::vector<std::string> absent;
    while (load.records < records) {
        load.next(batch, absent);
        store->write(batch);
    }
    store->close();
    load.save(folder + "/" + mode.store + ".load");
}

static const char *columns =
    "mode\trecords\ttransactions/s\trows/s\tcpu us/transaction\tblock p50 ms\tblock p99 ms\t"
    "block max ms\tdisk bytes/transaction\tresident MiB\tof it not files MiB\topen ms\t"
    "blocks lost before\tbound rows/s\tratio";

static void run(const Mode &mode, const std::string &folder, double limit) {
    const std::string path = folder + "/" + mode.store;
    Load load;
    load.restore(path + ".load");
    const uint64_t before = load.records;
    const auto opening = Clock::now();
    auto store = mode.open(path);
    const uint64_t head = store->head();
    const double opened = seconds(opening) * 1e3;
    if (head > load.height) fail("open", "the store is ahead of what was written");
    const uint64_t lost = load.height - head;
    const Figures figures = measure(*store, load, limit, false);
    const double resident = memory("VmRSS"), anonymous = memory("RssAnon");
    const uint64_t disk = diskBytes(path);
    load.save(path + ".load");
    Load same = load;
    auto append = openAppend(folder + "/append");
    const Figures bound = measure(*append, same, std::min(limit, 2.0), true);
    append->close();
    unlink((folder + "/append").c_str());
    const double transactions = double(figures.blocks * Load::transactions);
    const double rate = double(figures.rows) / figures.elapsed;
    const double boundRate = double(bound.rows) / bound.elapsed;
    const double all = double(load.records) / Load::recordsEach;
    printf(
        "%s\t%llu\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.1f\t%llu\t%.0f\t%.3f\n",
        mode.name, (unsigned long long)before, transactions / figures.elapsed, rate,
        figures.processor * 1e6 / transactions, figures.latency(0.5), figures.latency(0.99),
        figures.latencies.back(), double(disk) / all, resident, anonymous, opened,
        (unsigned long long)lost, boundRate, rate / boundRate);
    fflush(stdout);
    // As kill -9: nothing is written out, nothing is closed.
    _exit(0);
}

int main(int count, char **words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    try {
        if (arguments.size() == 1 && arguments[0] == "columns") return puts(columns) < 0;
        if (arguments.size() == 1 && arguments[0] == "modes") {
            for (const auto &mode : modes) printf("%s\t%s\n", mode.name, mode.store);
            return 0;
        }
        if (arguments.size() == 4 && (arguments[0] == "fill" || arguments[0] == "run"))
            for (const auto &mode : modes) {
                if (arguments[0] == "run" && arguments[1] == mode.name)
                    return run(mode, arguments[2], std::stod(arguments[3])), 0;
                if (arguments[0] == "fill" && arguments[1] == mode.store)
                    return fill(mode, arguments[2], std::stoull(arguments[3])), 0;
            }
    } catch (const std::exception &error) {
        fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    fprintf(stderr, "error: no such command\nhint: Benchmarks/Stores/run.sh uses this program\n");
    return 2;
}
