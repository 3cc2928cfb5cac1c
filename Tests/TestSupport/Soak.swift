import Foundation

/// The long versions of tests: `make soak`. CONTRIBUTING.md, "Long tests", says what the variables
/// mean.
package enum Soak {
    /// Whether the long versions run.
    package static let isOn = environment["CAIRN_SOAK"] == "1"

    /// The seed that was asked for.
    static let givenSeed = environment["CAIRN_SEED"].flatMap { UInt64($0) }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// This run's part: `number` mod `count` = `index`.
    private static let part: (index: Int, count: Int) = {
        let numbers = (environment["SOAK_PART"] ?? "1/1").split(separator: "/").map { Int($0) }
        guard numbers.count == 2, let first = numbers[0], let count = numbers[1],
            first >= 1, count >= first
        else { return (0, 1) }
        return (first - 1, count)
    }()

    /// How often something is done.
    package static func times(_ usual: Int, long: Int) -> Int { isOn ? long : usual }

    /// Whether a numbered case belongs to this part.
    package static func takes(_ number: Int) -> Bool { number % part.count == part.index }

    /// A test's numbered cases of this part, each with a generator of its own; tells their seed on
    /// standard error.
    ///
    /// - Parameters:
    ///   - usual: How many cases there are without `CAIRN_SOAK`.
    ///   - long: How many there are with it, over all parts.
    ///   - pinned: The seed of usual runs that ask for none; without it, such runs draw one, as
    ///     long ones do.
    ///   - test: The test's name, as a filter finds it.
    package static func cases(
        usual: Int, long: Int, pinned: UInt64? = nil, test: String = #function
    ) -> SeededCases {
        let seed = givenSeed ?? (isOn ? nil : pinned) ?? freshSeed()
        let name = String(test.prefix { $0 != "(" })
        let cases = SeededCases(
            test: name, seed: seed, total: times(usual, long: long), first: part.index,
            step: part.count)
        announce(name, "\(cases.count) cases, CAIRN_SEED=\(seed)")
        return cases
    }

    /// As large as the seeds that `make soak` draws.
    static func freshSeed() -> UInt64 { UInt64.random(in: 0..<(1 << 30)) }

    static func announce(_ test: String, _ what: String) {
        FileHandle.standardError.write(Data("\(test): \(what)\n".utf8))
    }
}

/// The cases of one test that this run takes. Between cases other tests get their turn, so that
/// none of those that wait for something waits for the end of a long one.
package struct SeededCases: AsyncSequence, Sendable {
    let test: String
    /// Case n draws from this plus n.
    package let seed: UInt64
    /// The cases of all parts.
    package let total: Int
    /// The first number of this part, and how far it is to the next.
    package let first: Int
    package let step: Int

    /// How many they are.
    package var count: Int { first < total ? (total - 1 - first) / step + 1 : 0 }

    /// Too few of them to say anything about their mix, as when one case is repeated.
    package var areFew: Bool { count < 100 }

    package func makeAsyncIterator() -> Iterator { Iterator(cases: self) }

    /// Gives one case after the other.
    package struct Iterator: AsyncIteratorProtocol {
        private static let turn = Duration.milliseconds(5)

        private let cases: SeededCases
        private var number: Int
        private var turnEnds = ContinuousClock.now + turn

        init(cases: SeededCases) {
            self.cases = cases
            number = cases.first
        }

        package mutating func next() async -> SeededCase? {
            await next(isolation: nil)
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> SeededCase? {
            guard number < cases.total else { return nil }
            if ContinuousClock.now >= turnEnds {
                await Task.yield()
                turnEnds = ContinuousClock.now + Iterator.turn
            }
            defer { number += cases.step }
            return SeededCase(number: number, cases: cases)
        }
    }
}

/// One numbered case. Its description is the command that repeats it alone.
package struct SeededCase: Sendable, CustomStringConvertible {
    /// From 0.
    package let number: Int
    let cases: SeededCases

    /// What the case draws from: the test's seed plus the case's number.
    package var random: SeededGenerator {
        SeededGenerator(seed: cases.seed &+ UInt64(number))
    }

    package var description: String {
        let seed = "CAIRN_SEED=\(cases.seed)"
        let target = Soak.isOn ? "soak" : "test"
        return "case \(number): make \(target) \(seed) SOAK_PART=\(number + 1)/\(cases.total) "
            + "TEST_FILTER=\(cases.test)"
    }
}
