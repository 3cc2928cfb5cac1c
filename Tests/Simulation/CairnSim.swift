import Glibc
import TestSupport

/// Runs the chain log, the applied state and the write pipeline on simulated machines that lose
/// power, fill up, rot and see time jump, one seed after the other, and checks after each step what
/// must hold.
///
/// usage: cairn-sim [--first SEED] [--count N] [--part I/N] [--mutant NAME] [--trace] [--shuffle]
///
/// Runs the seeds SEED to SEED + N - 1 (of them those that part I of N takes) over all cores; ends
/// with 0 where all held and with 1 at the first that did not, which it prints with the command
/// that repeats it. `--mutant` makes one mistake on purpose. `--shuffle` lets nodes agree instead
/// (`Determinism`).
@main
struct CairnSim {
    static func main() async {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            let world = try World()
            guard options.isShuffled else {
                exit(await Sweep(options: options, world: world).run() ? 0 : 1)
            }
            print("digest \(try await Determinism(world: world).digest(options))")
        } catch let violation as Violation {
            print("fails: \(violation)")
            exit(1)
        } catch {
            print("error: \(error)")
            print(
                "hint: cairn-sim [--first SEED] [--count N] [--part I/N] [--mutant NAME] [--trace]")
            exit(2)
        }
    }
}

/// What the command line asks for.
struct Options: Sendable {
    var first: UInt64 = 1
    var count: UInt64 = 10_000
    var part: UInt64 = 1
    var parts: UInt64 = 1
    var mutant: Mutant?
    var isTraced = false
    var isShuffled = false

    /// The seeds of this part, in order.
    var seeds: some Sequence<UInt64> {
        stride(from: part - 1, to: count, by: Int(parts)).map { first &+ $0 }
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--trace" || name == "--shuffle" {
                isTraced = isTraced || name == "--trace"
                isShuffled = isShuffled || name == "--shuffle"
                continue
            }
            guard let value = rest.popFirst() else {
                throw Problem(description: "\(name) is no option, or has no value")
            }
            try set(name, value)
        }
    }

    private mutating func set(_ name: String, _ value: String) throws {
        let problem = Problem(description: "\(name) \(value) is no option")
        switch name {
        case "--first":
            guard let number = UInt64(value) else { throw problem }
            first = number
        case "--count":
            guard let number = UInt64(value) else { throw problem }
            count = number
        case "--part":
            let numbers = value.split(separator: "/").map { UInt64($0) }
            guard numbers.count == 2, let part = numbers[0], let parts = numbers[1],
                (1...max(1, parts)).contains(part)
            else { throw problem }
            (self.part, self.parts) = (part, parts)
        case "--mutant":
            guard let mutant = Mutant(rawValue: value) else {
                let names = Mutant.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(description: "\(value) is no mutant; there are \(names)")
            }
            self.mutant = mutant
        default: throw problem
        }
    }
}
