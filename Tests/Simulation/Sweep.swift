import Glibc
import Synchronization

/// Runs many seeds over all cores.
struct Sweep: Sendable {
    let options: Options
    let world: World

    /// A seed in which something did not hold.
    private struct Failure: Sendable {
        let seed: UInt64
        let what: String
    }

    private struct Tally: Sendable {
        var seeds = 0
        var sum = Run.Faults()
        var failure: Failure?
    }

    /// What all lanes share.
    private final class Board: Sendable {
        let tally = Mutex(Tally())
        let next: Atomic<UInt64>

        init(first: UInt64) { next = Atomic(first) }
    }

    /// Returns whether everything held.
    func run() async -> Bool {
        let board = Board(first: options.part - 1)
        await withTaskGroup(of: Void.self) { group in
            let lanes = options.isTraced ? 1 : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            for _ in 0..<lanes {
                group.addTask { await lane(board) }
            }
        }
        let done = board.tally.withLock { $0 }
        print("\(done.seeds) seeds, \(done.sum)")
        guard let failure = done.failure else { return true }
        print("seed \(failure.seed) fails: \(failure.what)")
        let mutant = options.mutant.map { " --mutant \($0.rawValue)" } ?? ""
        print(
            "repeat with: \(CommandLine.arguments[0]) --first \(failure.seed) --count 1\(mutant) "
                + "--trace")
        return false
    }

    /// Takes one seed after the other.
    private func lane(_ board: Board) async {
        while true {
            let number = board.next.wrappingAdd(options.parts, ordering: .relaxed).oldValue
            guard number < options.count, board.tally.withLock({ $0.failure == nil }) else {
                return
            }
            let (faults, failure) = await one(options.first &+ number)
            board.tally.withLock { tally in
                tally.seeds += 1
                tally.sum += faults
                // The lowest, so that two runs tell the same.
                if let failure, failure.seed < tally.failure?.seed ?? .max {
                    tally.failure = failure
                }
            }
        }
    }

    private func one(_ seed: UInt64) async -> (Run.Faults, Failure?) {
        if options.isTraced { print("seed \(seed)") }
        var run = Run(world, seed: seed, mutant: options.mutant, isTraced: options.isTraced)
        do {
            try await run.run()
            return (run.faults, nil)
        } catch {
            return (run.faults, Failure(seed: seed, what: "step \(run.steps): \(error)"))
        }
    }
}

extension Run.Faults: CustomStringConvertible {
    static func += (sum: inout Run.Faults, more: Run.Faults) {
        sum.crashes += more.crashes
        sum.blocks += more.blocks
        sum.flips += more.flips
        sum.full += more.full
        sum.tornTails += more.tornTails
        sum.answers += more.answers
        sum.refusals += more.refusals
    }

    var description: String {
        "\(blocks) blocks, \(answers) answers (\(refusals) refusals), \(crashes) starts, "
            + "\(tornTails) torn tails, \(flips) flipped bits, \(full) full disks"
    }
}
