import Contracts
import LedgerCore

/// What a proof says of one entry of the state.
package struct ProvenEntry: Hashable, Sendable {
    /// The entry's key: a letter for the kind, then the id.
    package let key: [UInt8]
    /// The value, where the entry was there.
    package let value: [UInt8]?
    /// The block after which it was so.
    package let height: UInt64
    /// When the header that says so was sealed, in ms since 1970: that block or a later one.
    package let sealedMs: UInt64
    /// What the value says, or that there was none.
    package let words: String

    /// Checks the header, its place, and the way to its state root.
    init(
        _ wire: WireProvenState, network: Digest, channel: String, _ log: ProvenLog
    ) throws(ProofRefusal) {
        let header = try ProvenEntry.header(wire.seal, network, channel, log)
        guard let root = header.stateRoot else {
            throw ProofRefusal(.stateSealInvalid, "the header of the state has no state root")
        }
        let key = [UInt8](wire.key)
        guard let proof = ProvenEntry.proof(wire), !key.isEmpty, proof.holds(key: key, root: root)
        else {
            throw ProofRefusal(
                .stateMismatch, "what is said of the state does not lead to its root")
        }
        self.key = key
        value = wire.present ? [UInt8](wire.value) : nil
        height = header.height - header.stateLag
        sealedMs = header.timeMs
        let what = StateEntryText.name(key)
        let found = value.map { StateEntryText.value($0, key: key) } ?? "none existed"
        words = "\(what): \(found), after block \(height), sealed in block \(header.height)"
    }

    private static func header(
        _ seal: WireProvenSeal, _ network: Digest, _ channel: String, _ log: ProvenLog
    ) throws(ProofRefusal) -> Header {
        let bytes = [UInt8](seal.header)
        guard let header = try? Header(bytes: bytes), header.network == network,
            header.channel == channel
        else {
            throw ProofRefusal(.stateSealInvalid, "the header of the state is not of this channel")
        }
        let path = try ProvenLog.path(seal.path)
        try log.check(
            BlockHash.of(header: bytes), at: seal.leaf, path: path, what: "the seal of the state")
        guard header.logSize == seal.leaf, header.logRoot == log.rootBefore(seal.leaf, path: path)
        else {
            throw ProofRefusal(
                .stateSealInvalid, "the header of the state contradicts its place in the log")
        }
        return header
    }

    /// Reads the wire's form; `nil` where it is none.
    private static func proof(_ wire: WireProvenState) -> StateProof? {
        guard wire.path.count <= StateProof.siblingsMax else { return nil }
        var siblings = [Digest]()
        for field in wire.path {
            guard let digest = Digest(field) else { return nil }
            siblings.append(digest)
        }
        if wire.present {
            guard wire.otherPath.isEmpty, wire.otherValue.isEmpty else { return nil }
            return StateProof(place: .present(value: [UInt8](wire.value)), siblings: siblings)
        }
        guard wire.value.isEmpty else { return nil }
        if wire.otherPath.isEmpty {
            return wire.otherValue.isEmpty ? StateProof(place: .empty, siblings: siblings) : nil
        }
        guard let other = Digest(wire.otherPath) else { return nil }
        return StateProof(
            place: .other(path: other, value: [UInt8](wire.otherValue)), siblings: siblings)
    }
}
