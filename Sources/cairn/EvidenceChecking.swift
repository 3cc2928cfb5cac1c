import FHIR
import LedgerCore

/// `cairn verify --evidence`: whether two signed statements of one node contradict each other.
enum EvidenceChecking {
    static func run(_ path: String, _ trust: String, _ output: OutputOptions) throws {
        let words = try check(
            try FileWriting.read(path, bytesMax: Evidence.bytesMax),
            genesis: try FileWriting.read(trust, bytesMax: WireLimit.genesisBytes), trust: trust)
        guard output.json else {
            Output.line("the evidence holds: this node signed \(words)")
            return
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("holds")
        writer.boolean(true)
        writer.member("shows", words)
        writer.endObject()
        Output.json(writer.bytes)
    }

    /// What it shows, in words.
    static func check(_ bytes: [UInt8], genesis file: [UInt8], trust: String) throws -> String {
        guard let genesis = try? Genesis(bytes: file) else {
            throw CommandFailure.usage(
                "\(trust) is no genesis file",
                hint: "a member's administrator has DIR/genesis.cairn")
        }
        let failure = CommandFailure(
            .checkFailed, "evidence-invalid", "the evidence does not hold",
            hint: "it shows nothing against anybody; ask for the file that the node wrote")
        guard let evidence = try? Evidence(file: bytes), evidence.network == genesis.digest,
            let node = genesis.body.nodes.first(where: {
                Identifier($0.id) == evidence.first.node
            }),
            let member = genesis.body.members.first(where: { $0.id == node.member }),
            let stampKey = try? PublicKey(node.stampKey), let id = Identifier(member.id)
        else { throw failure }
        let origin = Checkpoint.origin(
            network: genesis.digest, channel: evidence.first.header.channel)
        let key = [UInt8](member.checkpointKey)
        let keys = [
            NoteKey(name: origin, algorithm: .ed25519, publicKey: key),
            NoteKey(name: "\(origin)/\(id)", algorithm: .cosignature, publicKey: key),
        ]
        guard let words = evidence.shows(stampKey: stampKey, noteKeys: keys) else { throw failure }
        return words
    }
}
