import ArgumentParser
import FHIR

/// `cairn bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what this machine can do.",
        discussion: """
            NAME is one of:
              ledger  transactions a second in process: each with its own P-256 stamp, verified, \
            ordered, applied, durable. The bound is P-256 verification alone, on all cores. With \
            --prefill N it is measured again with N transactions in it.
              catchup transactions a second that another member's node takes over: each stamp \
            verified, each block applied and compared. The bound is the same.
              load    FHIR resources a second, loaded over HTTP into a server process of their own \
            with every guarantee on. The bound is parsing and validating them, on all cores.
              submit  transactions a second over HTTP, each a sealed record of 256 bytes with its \
            own P-256 stamp, acknowledged with a receipt: in batches of 500, or with --single one \
            a request on 256 connections. The bound is P-256 verification alone, on all cores.
              read    resources a second over HTTP, on 64 connections, with a token. The bound is \
            /livez on as many.
              vault-put, vault-get
                      MB a second of a file of 256 MiB, sealed and spread 4+2 over six folders, \
            and put together again without local copies. The bound is hashing, sealing, coding \
            and the disk, each alone on all cores, one after the other.

            What it needs it makes in a temporary folder, and removes it. Each figure comes with \
            the bound measured in the same run: on a busy machine the ratio tells more than the \
            figure.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn bench ledger
                          cairn bench load --seconds 20 --json
                          cairn bench submit --single
                        """))

    /// What can be measured.
    enum Name: String, ExpressibleByArgument, CaseIterable {
        case ledger, catchup, load, submit, read
        case vaultPut = "vault-put"
        case vaultGet = "vault-get"
    }

    @Argument(help: "ledger, catchup, load, submit, read, vault-put or vault-get.")
    var name: Name

    @Flag(help: "With submit: one transaction a request.")
    var single = false

    @Option(help: "With ledger: how many transactions it holds when it is measured again.")
    var prefill = 0

    @Option(help: "With ledger: record versions in a transaction; 3 make an intent of 300 bytes.")
    var writes = LedgerLoad.writesUsual

    @Option(help: "How long to measure.")
    var seconds = 10

    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard (1...BenchCommand.secondsMax).contains(seconds) else {
            throw ValidationError("--seconds is a number from 1 to \(BenchCommand.secondsMax)")
        }
        guard !single || name == .submit else {
            throw ValidationError("--single goes with submit")
        }
        guard name == .ledger || prefill == 0 && writes == LedgerLoad.writesUsual else {
            throw ValidationError("--prefill and --writes go with ledger")
        }
        guard (0...BenchCommand.prefillMax).contains(prefill), (1...16).contains(writes) else {
            throw ValidationError(
                "--prefill is a number up to \(BenchCommand.prefillMax), --writes one from 1 to 16")
        }
    }

    /// A token, and the validity window of what is stamped ahead, last that long.
    private static let secondsMax = 120
    private static let prefillMax = 100_000_000

    func run() async throws {
        OpenFiles.raiseLimit()
        let folder = try BenchFolder()
        defer { folder.remove() }
        let result =
            switch name {
            case .ledger:
                try await LedgerBench.run(
                    seconds: seconds, writes: writes, prefill: prefill, folder: folder)
            case .catchup: try await CatchupBench.run(seconds: seconds, folder: folder)
            case .load: try await LoadBench.run(seconds: seconds, folder: folder)
            case .submit:
                try await SubmitBench.run(seconds: seconds, single: single, folder: folder)
            case .read: try await ReadBench.run(seconds: seconds, folder: folder)
            case .vaultPut: try await VaultBench.put(seconds: seconds, folder: folder)
            case .vaultGet: try await VaultBench.get(seconds: seconds, folder: folder)
            }
        if output.json {
            Output.json(result.json)
        } else {
            for line in result.lines { Output.line(line) }
        }
    }
}

/// One measured figure with its bound.
struct BenchResult: Sendable {
    let name: String
    let value: Double
    let unit: String
    let bound: Double
    let boundName: String
    let p50Ms: Double
    let p99Ms: Double
    let fsyncP99Ms: Double
    /// How many things were measured.
    let sample: Int
    let seconds: Double
    /// Further figures of this measurement.
    var details: [Detail] = []

    struct Detail: Sendable {
        let name: String
        let words: String
        let value: Double
        let unit: String
    }

    var ratio: Double { bound > 0 ? value / bound : 0 }

    var lines: [String] {
        [
            "\(name): \(BenchResult.round(value, 0)) \(unit), \(sample) in "
                + "\(BenchResult.round(seconds, 1)) s",
            "bound: \(BenchResult.round(bound, 0)) \(unit) (\(boundName)); "
                + "ratio \(BenchResult.round(ratio, 2))",
            "latency: p50 \(BenchResult.round(p50Ms, 2)) ms, "
                + "p99 \(BenchResult.round(p99Ms, 2)) ms; "
                + "fsync p99 \(BenchResult.round(fsyncP99Ms, 2)) ms",
        ] + details.map { "\($0.words) \(BenchResult.round($0.value, 2)) \($0.unit)" } + [
            "machine: \(Machine.description)"
        ]
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name)
        number("value", value, &writer)
        writer.member("unit", unit)
        number("bound", bound, &writer)
        writer.member("bound_name", boundName)
        number("ratio", ratio, &writer)
        number("p50_ms", p50Ms, &writer)
        number("p99_ms", p99Ms, &writer)
        number("fsync_p99_ms", fsyncP99Ms, &writer)
        number("seconds", seconds, &writer)
        for detail in details { number(detail.name, detail.value, &writer) }
        writer.key("sample")
        writer.integer(sample)
        writer.member("machine", Machine.description)
        writer.endObject()
        return writer.bytes
    }

    private func number(_ name: String, _ value: Double, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.raw(BenchResult.round(value, 3).utf8)
    }

    /// Decimal text with so many digits after the point.
    static func round(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return "0" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        let whole = abs(scaled) / Int(scale)
        let rest = abs(scaled) % Int(scale)
        let sign = scaled < 0 ? "-" : ""
        if digits == 0 { return "\(sign)\(whole)" }
        let padded = String(repeating: "0", count: digits - "\(rest)".count) + "\(rest)"
        return "\(sign)\(whole).\(padded)"
    }
}

/// Times of single operations, in milliseconds.
struct Latencies: Sendable {
    private var milliseconds: [Double] = []

    mutating func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        milliseconds.append(Double(seconds) * 1_000 + Double(attoseconds) / 1e15)
    }

    mutating func add(_ other: Latencies) { milliseconds += other.milliseconds }

    /// The value below which this part (0 to 1) of the operations stayed.
    func percentile(_ part: Double) -> Double {
        let sorted = milliseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}

extension Duration {
    /// As a number of seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
