import ArgumentParser
import CairnClient
import FHIR
import FoundationEssentials
import LedgerCore
import Node

/// `cairn verify`
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a proof, or a node's whole data directory, offline.",
        discussion: """
            With --data, everything a stopped node keeps is checked again, and no file is changed: \
            the chain with all its stamps and roots, the state, the catalogue, every fragment, \
            that each committed version can be rebuilt from fragments and is what its commitment \
            names, and the index. While a node runs on the directory the command ends with 2.

            With --proof, no server and no data directory is needed. The trust file is the \
            network's genesis, or checkpoint keys of members (one on each line), and must have \
            come by another way than the proof.

            With --evidence, two signed statements that a node kept as contradictory are checked: \
            that one node signed both, and that both cannot be true.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn verify --data ./data
                          cairn verify --proof patient.proof --trust genesis.cairn
                          cairn verify --evidence height-9.evidence --trust genesis.cairn
                          cairn verify --proof patient.proof --trust members.keys --record 0f3c…
                        """))

    @Option(help: "The data directory of a stopped node.")
    var data: String?

    @Option(help: "The proof file.")
    var proof: String?

    @Option(help: "The genesis file, or a file of checkpoint keys.")
    var trust: String?

    @Option(help: "The record that the proof must be of, 32 hexadecimal digits.")
    var record: String?

    @Option(
        help: "Refuse a proof whose checkpoint or state is older, as 2026-01-31T08:00:00Z.",
        transform: VerifyCommand.instant)
    var notBefore: UInt64?

    @Option(help: "Evidence that a node wrote in DIR/evidence; --trust names the genesis.")
    var evidence: String?

    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        if evidence != nil {
            guard data == nil, proof == nil, record == nil, trust != nil, notBefore == nil else {
                throw ValidationError("name --evidence FILE and --trust GENESIS alone")
            }
            return
        }
        if data != nil {
            guard proof == nil, trust == nil, record == nil, notBefore == nil else {
                throw ValidationError("name --data DIR alone, or --proof FILE and --trust FILE")
            }
            return
        }
        guard proof != nil, trust != nil else {
            throw ValidationError("name --data DIR, or --proof FILE and --trust FILE")
        }
        if let record, Identifier(hex: record) == nil {
            throw ValidationError("--record has 32 hexadecimal digits, in lower case")
        }
    }

    func run() async throws {
        if let evidence, let trust { return try EvidenceChecking.run(evidence, trust, output) }
        if let data { return try await DataChecking.run(data, output) }
        guard let proof, let trust else { return }
        let report = try ProofChecking.check(
            proof: proof, trust: trust, record: record, notBeforeMs: notBefore)
        if output.json {
            Output.json(ProofChecking.json(report))
        } else {
            for step in report.steps { Output.line("ok  \(step.name): \(step.value)") }
            Output.line("the proof holds")
        }
    }
}

extension VerifyCommand {
    /// Milliseconds since 1970 of a moment in ISO 8601.
    static func instant(_ text: String) throws -> UInt64 {
        guard let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else {
            throw ValidationError("write the time as 2026-01-31T08:00:00Z")
        }
        return UInt64(date.timeIntervalSince1970 * 1_000)
    }
}

/// `cairn verify --proof`, apart from the command line.
enum ProofChecking {
    static func check(
        proof: String, trust: String, record: String?, notBeforeMs: UInt64? = nil
    ) throws -> ProofReport {
        let trusted: ProofTrust
        do {
            trusted = try ProofTrust(
                file: try FileWriting.read(trust, bytesMax: WireLimit.genesisBytes))
        } catch is ProofTrust.Problem {
            throw CommandFailure.usage(
                "\(trust) is neither a genesis file nor a file of checkpoint keys",
                hint: "a member's administrator has DIR/genesis.cairn")
        }
        let bytes = try FileWriting.read(proof, bytesMax: WireLimit.proofBytes)
        let report = try ProofVerifier(trust: trusted).verify(
            bytes, notBeforeMs: notBeforeMs)
        guard record == nil || record == report.record else {
            throw CommandFailure(
                .checkFailed, "another-record", "the proof holds, but of record \(report.record)",
                hint: "ask for a proof of the record that you mean")
        }
        return report
    }

    static func json(_ report: ProofReport) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("holds")
        writer.boolean(true)
        for (name, value) in [
            ("network", report.network), ("channel", report.channel), ("record", report.record),
            ("transaction", report.transaction), ("author", report.author),
            ("member", report.member),
        ] { writer.member(name, value) }
        for (name, value) in [
            ("version", Int(report.version)), ("height", Int(clamping: report.height)),
            ("timeMs", Int(clamping: report.timeMs)),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.key("checkpointSize")
        writer.integer(Int(clamping: report.checkpointSize))
        writer.key("checkpointTimeMs")
        writer.integer(Int(clamping: report.checkpointSeconds) * 1_000)
        if let state = report.state { write(state, to: &writer) }
        writer.key("handOvers")
        writer.beginArray()
        for hop in report.hops {
            writer.beginObject()
            for (name, holder) in [("from", hop.from), ("to", hop.to)] {
                writer.key(name)
                writer.beginObject()
                writer.member("person", holder.person)
                writer.member("member", holder.member)
                writer.member("key", holder.key)
                writer.endObject()
            }
            writer.endObject()
        }
        writer.endArray()
        writer.key("steps")
        writer.beginArray()
        for step in report.steps {
            writer.beginObject()
            writer.member("name", step.name)
            writer.member("value", step.value)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ state: ProvenEntry, to writer: inout JSONWriter) {
        writer.key("state")
        writer.beginObject()
        writer.member("key", Hex.encode(state.key))
        writer.key("present")
        writer.boolean(state.value != nil)
        if let value = state.value { writer.member("value", Hex.encode(value)) }
        writer.key("height")
        writer.integer(Int(clamping: state.height))
        writer.key("sealedMs")
        writer.integer(Int(clamping: state.sealedMs))
        writer.member("says", state.words)
        writer.endObject()
    }
}
