/// What workers measured side by side.
struct Measured: Sendable {
    /// How many things were done.
    var done = 0
    var latencies = Latencies()
    /// From the first worker's start to the last one's end.
    var seconds = 0.0

    var perSecond: Double { seconds > 0 ? Double(done) / seconds : 0 }
}

/// Workers that do something again and again until the time is over.
enum Workers {
    /// - Parameter step: the worker's number and how often it worked before; gives how many things
    ///   it did, `nil` where nothing is left to do.
    static func run(
        _ count: Int, seconds: Int, _ step: @escaping @Sendable (Int, Int) async throws -> Int?
    ) async throws -> Measured {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Measured.self) { group in
            for worker in 0..<count {
                group.addTask {
                    var measured = Measured()
                    var round = 0
                    while true {
                        let begun = clock.now
                        guard begun < deadline, let done = try await step(worker, round) else {
                            return measured
                        }
                        measured.latencies.add(clock.now - begun)
                        measured.done += done
                        round += 1
                    }
                }
            }
            var total = Measured()
            for try await part in group {
                total.done += part.done
                total.latencies.add(part.latencies)
            }
            total.seconds = (clock.now - start).inSeconds
            return total
        }
    }
}
