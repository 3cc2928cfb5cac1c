import FHIR
import LedgerCore

/// `cairn verify --evidence`: whether two signed statements of one node contradict each other.
enum EvidenceChecking {
    /// Who signed what.
    struct Finding: Sendable {
        let node: Identifier
        let member: Identifier
        let memberName: String
        let height: UInt64
        let words: String
    }

    static func run(_ path: String, _ trust: String, _ output: OutputOptions) throws {
        let finding = try check(
            try FileWriting.read(path, bytesMax: Evidence.bytesMax),
            genesis: try FileWriting.read(trust, bytesMax: WireLimit.genesisBytes), trust: trust)
        guard output.json else {
            Output.line(
                "the evidence holds: node \(finding.node) of member \(finding.member) "
                    + "(\(finding.memberName)) signed \(finding.words)")
            return
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("holds")
        writer.boolean(true)
        writer.member("node", "\(finding.node)")
        writer.member("member", "\(finding.member)")
        writer.member("memberName", finding.memberName)
        writer.key("height")
        writer.integer(Int(clamping: finding.height))
        writer.member("shows", finding.words)
        writer.endObject()
        Output.json(writer.bytes)
    }

    /// What it shows, and of whom.
    static func check(_ bytes: [UInt8], genesis file: [UInt8], trust: String) throws -> Finding {
        guard let genesis = try? Genesis(bytes: file) else {
            throw CommandFailure.usage(
                "\(trust) is no genesis file",
                hint: "a member's administrator has DIR/genesis.cairn")
        }
        guard let evidence = try? Evidence(file: bytes) else {
            throw failure("evidence-malformed", "it does not read back")
        }
        guard evidence.network == genesis.digest else {
            throw failure(Evidence.Problem.mixed.rawValue, "it is of another network")
        }
        // The node that orders is a founder's.
        guard
            let node = genesis.body.nodes.first(where: {
                Identifier($0.id) == evidence.first.node
            }), let member = genesis.body.members.first(where: { $0.id == node.member }),
            let stampKey = try? PublicKey(node.stampKey), let id = Identifier(member.id)
        else {
            throw failure(
                "evidence-signer-unknown", "the node that it names is none of the genesis file")
        }
        let origin = Checkpoint.origin(
            network: genesis.digest, channel: evidence.first.header.channel)
        let key = [UInt8](member.checkpointKey)
        let keys = [
            NoteKey(name: origin, algorithm: .ed25519, publicKey: key),
            NoteKey(name: "\(origin)/\(id)", algorithm: .cosignature, publicKey: key),
        ]
        do throws(Evidence.Problem) {
            return Finding(
                node: evidence.first.node, member: id, memberName: member.name,
                height: evidence.first.header.height,
                words: try evidence.shows(stampKey: stampKey, noteKeys: keys))
        } catch {
            throw failure(error.rawValue, words(error))
        }
    }

    private static func words(_ problem: Evidence.Problem) -> String {
        switch problem {
        case .mixed: "its statements are not of one network and channel"
        case .unsigned: "a signature does not hold, or is not of the node that it names"
        case .consistent: "both of its statements can be true"
        }
    }

    private static func failure(_ code: String, _ why: String) -> CommandFailure {
        CommandFailure(
            .checkFailed, code, "the evidence does not hold: \(why)",
            hint: "it shows nothing against anybody; ask for the file that the node wrote")
    }
}
