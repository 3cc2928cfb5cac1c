import CairnClient
import Contracts
import LedgerCore

extension ProofLedger {
    /// What the state holds under a key, by the newest block that carries a state root.
    func proven(_ key: [UInt8]) throws -> WireProvenState {
        var wire = WireProvenState()
        wire.key = key.field
        let path = StateTree.path(of: key)
        let root = try StateTree.root(read: { self.pages[$0] })
        let walk = try StateProof.walk(to: path, root: root, read: { self.pages[$0] })
        wire.path = walk.siblings.map { $0.bytes.field }
        switch walk.end {
        case .empty, .branch: break
        case .leaf(key[...], _):
            wire.present = true
            wire.value = (state[key] ?? []).field
        case .leaf(let other, _):
            wire.otherPath = StateTree.path(of: Array(other)).bytes.field
            wire.otherValue = (state[Array(other)] ?? []).field
        }
        wire.seal = seal(blocks.lastIndex { $0.header.stateRoot != nil } ?? 0)
        return wire
    }

    /// A proof of what the state holds, and of nothing else.
    func stateProof(_ key: [UInt8], cosigners: Int? = nil) throws -> WireProof {
        var proof = WireProof()
        proof.version = ProofFile.version
        proof.genesis = genesis.bytes.field
        proof.genesisSeal = seal(0)
        proof.membership = placed.filter { $0.transaction.intent.contract != "records" }.map(proven)
        proof.activations = try activations()
        proof.checkpoint =
            Array(
                try checkpoint(cosigners: cosigners ?? members.count).note.utf8
            ).field
        proof.state = try proven(key)
        return proof
    }

    /// A key of the state whose absence another entry shows, or an empty place does.
    func absentRecord(besideAnother: Bool) throws -> [UInt8] {
        while true {
            let key = StateKey.record(Fresh.identifier()).bytes
            let found = try proven(key)
            if !found.present, found.otherPath.isEmpty != besideAnother { return key }
        }
    }
}
