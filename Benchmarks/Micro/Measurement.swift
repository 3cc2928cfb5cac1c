import Glibc

/// Times of one case in rounds, in processor time of this thread: a neighbour that takes the core
/// away does not count. Case and bound take turns, so that both meet the same caches and clock.
struct Measurement {
    /// Nanoseconds for one operation, one figure per round, sorted.
    let rounds: [Double]
    /// The bound's part of each operation, one figure per round, sorted.
    let ratios: [Double]

    static let roundCount = 31
    static let roundLength = Duration.milliseconds(10)

    init(_ measured: Case) throws {
        let own = Timed(operations: measured.operations, run: measured.run)
        let least = Timed(operations: 1, run: measured.bound.run)
        let (calls, boundCalls) = (try own.calls(), try least.calls())
        var rounds = [Double]()
        var ratios = [Double]()
        for _ in 0..<Measurement.roundCount {
            let took = try own.nanoseconds(calls)
            rounds.append(took)
            ratios.append(try least.nanoseconds(boundCalls) / took)
        }
        self.rounds = rounds.sorted()
        self.ratios = ratios.sorted()
    }

    var median: Double { rounds[rounds.count / 2] }
    /// First and ninth tenth of the rounds.
    var low: Double { rounds[rounds.count / 10] }
    var high: Double { rounds[rounds.count * 9 / 10] }
    var perSecond: Double { 1e9 / median }
    var ratio: Double { ratios[ratios.count / 2] }
}

private struct Timed {
    let operations: Int
    let run: () throws -> Void

    /// Warms caches up, and finds how many calls fill a round.
    func calls() throws -> Int {
        var calls = 1
        while true {
            let took = try time(calls)
            if took >= Measurement.roundLength / 2 {
                return max(1, Int(Measurement.roundLength / took * Double(calls)))
            }
            calls *= 2
        }
    }

    /// For one operation.
    func nanoseconds(_ calls: Int) throws -> Double {
        try time(calls) / .nanoseconds(1) / Double(calls * operations)
    }

    private func time(_ calls: Int) throws -> Duration {
        let start = Timed.processorTime()
        for _ in 0..<calls { try run() }
        return Timed.processorTime() - start
    }

    private static func processorTime() -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }
}
