import FHIR
import Node

/// `cairn verify --data`, apart from the command line.
enum DataChecking {
    /// Findings printed without `--json`; all of them go into the JSON.
    private static let linesMax = 50

    /// Checks the directory and tells what was found.
    ///
    /// - Throws: `QuietExit` with status 1 where something is damaged; `CommandFailure` with status
    ///   2 where the directory cannot be checked.
    static func run(_ path: String, _ output: OutputOptions) async throws {
        let report: VerificationReport
        do {
            report = try await DataVerifier(DataDirectory(path)).run()
        } catch let error as NodeError {
            throw CommandFailure.usage(error.message, hint: error.hint ?? "")
        }
        if output.json {
            Output.json(json(report))
        } else {
            tell(report)
        }
        if !report.isSound { throw QuietExit(status: .checkFailed) }
    }

    private static func tell(_ report: VerificationReport) {
        for finding in report.findings.prefix(linesMax) {
            Output.line(
                "\(finding.severity.rawValue): \(finding.part): \(finding.place): \(finding.reason)"
            )
        }
        if report.findings.count > linesMax {
            Output.line("… and \(report.findings.count - linesMax) more; --json lists them all")
        }
        Output.line(
            "checked \(Counted.text(report.blocks, "block")), "
                + "\(Counted.text(report.transactions, "transaction")), "
                + "\(Counted.text(report.records, "record")) in "
                + "\(Counted.text(report.versions, "version")), rebuilt from fragments")
        if report.orphans > 0 {
            Output.line(
                "\(Counted.text(report.orphans, "sealed version")) without a transaction: the node "
                    + "collects what is not accepted once its window has ended")
        }
        if let beginning = report.beginning {
            Output.line(
                "began with a snapshot: the state at height \(beginning.stateHeight) leads to the "
                    + "root in a header; blocks up to there were not run again, and of those "
                    + "before \(beginning.firstBody) only headers and leaves are here")
        }
        if !report.head.isEmpty { Output.line("head \(report.head)") }
        Output.line(report.isSound ? "everything holds" : "something does not hold")
    }

    private static func json(_ report: VerificationReport) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("holds")
        writer.boolean(report.isSound)
        writer.member("network", report.network)
        writer.member("head", report.head)
        for (name, value) in [
            ("blocks", report.blocks), ("transactions", report.transactions),
            ("records", report.records), ("versions", report.versions),
            ("orphans", report.orphans),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        if let beginning = report.beginning {
            writer.key("beginning")
            writer.beginObject()
            writer.key("stateHeight")
            writer.integer(Int(clamping: beginning.stateHeight))
            writer.key("firstBody")
            writer.integer(Int(clamping: beginning.firstBody))
            writer.endObject()
        }
        writer.key("findings")
        writer.beginArray()
        for finding in report.findings {
            writer.beginObject()
            writer.member("severity", finding.severity.rawValue)
            writer.member("part", finding.part)
            writer.member("place", finding.place)
            writer.member("reason", finding.reason)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
