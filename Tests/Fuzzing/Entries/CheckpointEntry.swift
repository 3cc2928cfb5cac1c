import CairnClient
import LedgerCore

/// A signed note; a key that signs notes; a file of such keys.
enum CheckpointEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        let keys = try? ProofTrust(file: bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else { return keys != nil }
        if let key = try? NoteKey(text: text) {
            try expectSame("key", Array(key.text.utf8), bytes)
        }
        guard let checkpoint = try? Checkpoint(note: text) else { return keys != nil }
        try expectSame("checkpoint", Array(checkpoint.note.utf8), bytes)
        let key = NoteKey(
            name: checkpoint.signatures.first?.name ?? "a", algorithm: .cosignature,
            publicKey: [UInt8](repeating: 9, count: 32))
        // Nobody has signed with that key.
        guard key.verify(checkpoint) == nil else { throw BrokenPromise("a signature that holds") }
        return true
    }
}
