import CairnClient
import FHIR
import LedgerCore

/// A comparison for a person or a script.
enum AuditTelling {
    /// Events printed without `--json`; all of them go into the JSON.
    private static let eventsMax = 100

    static func tell(_ report: AuditReport, _ output: OutputOptions) {
        if output.json { Output.json(json(report)) } else { text(report) }
    }

    private static func name(_ member: Identifier?, _ report: AuditReport) -> String {
        guard let member else { return "no member" }
        return report.names[member].map { "\($0) (\(member))" } ?? "\(member)"
    }

    private static func text(_ report: AuditReport) {
        Output.line("network \(report.network), channel \(report.channel)")
        for (what, state) in [("from", report.from), ("to", report.to)] {
            Output.line(
                "\(what): height \(state.height), \(state.size) leaves, \(state.timeMs) ms; "
                    + "signatures: \(state.signatures)")
        }
        let count = Int(clamping: report.blocks)
        Output.line(
            "\(Counted.text(count, "block")) between, \(report.firstMs) to \(report.lastMs) ms: "
                + "\(report.accepted) accepted, \(report.refused) refused")
        for line in report.lines {
            let writes = line.writes > 0 ? " with \(Counted.text(line.writes, "write"))" : ""
            Output.line(
                "  \(line.contract), \(name(line.member, report)): \(line.accepted) accepted"
                    + writes)
            for (reason, count) in line.refused.sorted(by: { $0.key < $1.key }) {
                Output.line("    refused, \(reason): \(count)")
            }
        }
        for event in report.events.prefix(eventsMax) {
            let name = event.name.isEmpty ? "" : ", \(event.name)"
            Output.line("  block \(event.height): \(event.kind) \(event.subject)\(name)")
        }
        if report.events.count > eventsMax {
            Output.line("  … and \(report.events.count - eventsMax) more; --json lists them all")
        }
        for line in AuditReport.basis { Output.line("checked: \(line)") }
        Output.line("one log")
    }

    private static func json(_ report: AuditReport) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("consistent")
        writer.boolean(true)
        writer.member("network", "\(report.network)")
        writer.member("channel", report.channel)
        write(report.from, "from", to: &writer)
        write(report.to, "to", to: &writer)
        for (name, value) in [
            ("blocks", Int(clamping: report.blocks)), ("accepted", report.accepted),
            ("refused", report.refused), ("firstMs", Int(clamping: report.firstMs)),
            ("lastMs", Int(clamping: report.lastMs)),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.key("counts")
        writer.beginArray()
        for line in report.lines {
            writer.beginObject()
            writer.member("contract", line.contract)
            writer.member("member", line.member.map { "\($0)" } ?? "")
            writer.member("name", line.member.flatMap { report.names[$0] } ?? "")
            writer.key("accepted")
            writer.integer(line.accepted)
            writer.key("writes")
            writer.integer(line.writes)
            writer.key("refused")
            writer.beginObject()
            for (reason, count) in line.refused.sorted(by: { $0.key < $1.key }) {
                writer.key(reason)
                writer.integer(count)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.key("events")
        writer.beginArray()
        for event in report.events {
            writer.beginObject()
            writer.member("kind", event.kind)
            writer.key("height")
            writer.integer(Int(clamping: event.height))
            writer.member("subject", event.subject)
            writer.member("name", event.name)
            writer.endObject()
        }
        writer.endArray()
        writer.key("basis")
        writer.beginArray()
        for line in AuditReport.basis { writer.string(line) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func write(
        _ state: AuditReport.State, _ name: String, to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: state.height))
        writer.key("size")
        writer.integer(Int(clamping: state.size))
        writer.member("root", "\(state.root)")
        writer.key("timeMs")
        writer.integer(Int(clamping: state.timeMs))
        writer.member("signatures", state.signatures)
        writer.endObject()
    }
}
