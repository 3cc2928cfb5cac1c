import TestSupport
import Testing

/// The seeded simulation of disk, time and pipeline (`Tests/Simulation`), run as a program.
@Suite("Simulation") struct SimulationTests {
    /// Mistakes that the simulator makes on purpose, each of which it must see.
    static let mutants = [
        "missing-fsync", "early-acknowledgement", "lost-tail", "double-apply", "unsorted-state",
        "block-twice", "content-late",
    ]

    @Test func noSeedLosesOrRepeatsOrInventsAnything() async throws {
        let cases = Soak.cases(usual: 10_000, long: 1_000_000, pinned: 1)
        let run = try await Simulator.run(Simulator.arguments(cases), timeoutSeconds: 3_600)
        #expect(run.exit == 0, "\(run.output)")
        let numbers = Simulator.numbers(in: run.output)
        #expect(numbers["seeds"] == cases.count)
        // Faults that never come show nothing.
        for what in ["blocks", "answers", "starts", "torn tails", "flipped bits", "full disks"] {
            #expect(numbers[what] ?? 0 > 0 || cases.areFew, "\(what): \(run.output)")
        }
    }

    @Test(arguments: mutants) func aMistakeIsSeenWithinAThousandSeeds(_ mutant: String) async throws
    {
        let run = try await Simulator.run(
            ["--first", "1", "--count", "1000", "--mutant", mutant], timeoutSeconds: 600)
        #expect(run.exit == 1, "\(mutant): \(run.output)")
        let line = try #require(
            run.output.split(separator: "\n").first { $0.hasPrefix("repeat with: ") })
        // The command that was printed, run as it stands.
        let again = try await Simulator.run(
            line.split(separator: " ").dropFirst(3).map(String.init), timeoutSeconds: 60)
        #expect(again.exit == 1)
        #expect(Simulator.finding(again.output) == Simulator.finding(run.output))
        #expect(Simulator.finding(run.output) != nil)
    }

    /// Also that no result hangs on the order in which this run's dictionaries are walked.
    @Test func aSeedDoesTheSameInEveryRun() async throws {
        let arguments = ["--first", "5", "--count", "40", "--trace"]
        let one = try await Simulator.run(arguments, timeoutSeconds: 120)
        let other = try await Simulator.run(arguments, timeoutSeconds: 120)
        #expect(one.exit == 0 && other.exit == 0)
        #expect(Simulator.steps(one.output).count > 400)
        let isSame = Simulator.steps(one.output) == Simulator.steps(other.output)
        #expect(isSame)
    }
}

/// Two nodes that are fed the same batches agree on every digest and root.
@Suite("Determinism") struct DeterminismTests {
    @Test func nodesAgreeWhateverIsShuffled() async throws {
        let cases = Soak.cases(usual: 300, long: 30_000, pinned: 1)
        let arguments = ["--shuffle"] + Simulator.arguments(cases)
        // Each process hashes with seeds of its own; the second has one core.
        let one = try await Simulator.run(arguments, timeoutSeconds: 1_800)
        let other = try await Simulator.run(arguments, cores: 1, timeoutSeconds: 1_800)
        #expect(one.exit == 0, "\(one.output)")
        #expect(other.exit == 0, "\(other.output)")
        #expect(one.output == other.output)
        #expect(one.output.hasPrefix("digest "), "\(one.output)")
    }
}
