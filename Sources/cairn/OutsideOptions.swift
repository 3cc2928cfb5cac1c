import ArgumentParser
import CairnClient
import Identity
import LedgerCore
import Node

/// Options of `cairn serve` that name services outside of the network. The file of --config has the
/// same, under names in one word.
struct OutsideOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            "KEY URL" of a witness that is shown this log's checkpoints (C2SP tlog-witness); \
            may stand several times.
            """, valueName: "key url"))
    var witness: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            KEY of another log whose checkpoints this node cosigns as a witness, at \
            /api/v1/witness; may stand several times.
            """, valueName: "key"))
    var witnessLog: [String] = []

    @Option(help: "The URL of an RFC 3161 authority that stamps this node's checkpoints.")
    var timestampAuthority: String?

    @Option(help: "The authority's certificates, or those that issued them, in PEM.")
    var timestampCertificates: String?

    @Flag(help: "Take no writes while a timestamp is late. (default: warn)")
    var timestampRequired = false

    init() {}

    /// Witnesses and logs of an options' list.
    private static let countMax = 64

    /// Puts what is asked for into the node's configuration.
    ///
    /// - Throws: `CommandFailure` with status 2.
    func apply(_ settings: ServeConfiguration, to node: inout NodeConfiguration) throws {
        let witnesses = witness.isEmpty ? settings.witnesses : witness
        let logs = witnessLog.isEmpty ? settings.witnessLogs : witnessLog
        guard witnesses.count <= Self.countMax, logs.count <= Self.countMax else {
            throw CommandFailure.usage(
                "at most \(Self.countMax) witnesses and logs are taken", hint: "name fewer")
        }
        node.witnesses = try witnesses.map(Self.witness)
        node.witnessedLogs = try logs.map(Self.log)
        for names in [node.witnesses.map(\.key.name), node.witnessedLogs.map(\.name)]
        where Set(names).count < names.count {
            throw CommandFailure.usage("a witness or log is named twice", hint: "name it once")
        }
        node.timestamps = try plan(settings)
    }

    private static func witness(_ text: String) throws -> OutsideWitness {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let key = try? NoteKey(text: parts[0]),
            key.algorithm == .cosignature, let address = ServerAddress(parts[1])
        else {
            throw CommandFailure.usage(
                "a witness is not \"KEY URL\"",
                hint: "write the key as name+hash+base64 of algorithm 4, a blank, and its http(s) "
                    + "address without /add-checkpoint")
        }
        return OutsideWitness(url: address.description, key: key)
    }

    private static func log(_ text: String) throws -> NoteKey {
        guard let key = try? NoteKey(text: text), key.algorithm == .ed25519 else {
            throw CommandFailure.usage(
                "a log's key is not name+hash+base64 of algorithm 1",
                hint: "copy the first of its checkpoint keys")
        }
        return key
    }

    private func plan(_ settings: ServeConfiguration) throws -> TimestampPlan? {
        let isRequired = timestampRequired || settings.timestampRequired
        guard let url = timestampAuthority ?? settings.timestampAuthority else {
            let other = timestampCertificates ?? settings.timestampCertificates
            guard other == nil, !isRequired else {
                throw CommandFailure.usage(
                    "no timestamp authority is named", hint: "add --timestamp-authority URL")
            }
            return nil
        }
        guard let address = ServerAddress(url) else {
            throw CommandFailure.usage(
                "\(url) is no address of a timestamp authority",
                hint: "write it as http://host/path")
        }
        guard let path = timestampCertificates ?? settings.timestampCertificates else {
            throw CommandFailure.usage(
                "the timestamp authority's certificates are not named",
                hint: "add --timestamp-certificates FILE")
        }
        let pem = try FileWriting.read(path, bytesMax: TimestampAuthority.certificatesBytesMax)
        guard let text = String(validating: pem, as: UTF8.self),
            let authority = try? TimestampAuthority(pem: text)
        else {
            throw CommandFailure.usage(
                "\(path) holds no certificates in PEM",
                hint: "save the authority's certificate, or that of who issued it")
        }
        var plan = TimestampPlan(
            url: address.description, authority: authority, isRequired: isRequired)
        if let seconds = settings.timestampIntervalSeconds {
            plan.intervalMs = UInt64(seconds) * 1_000
        }
        if let seconds = settings.timestampWindowSeconds {
            plan.windowMs = UInt64(seconds) * 1_000
        }
        return plan
    }
}
