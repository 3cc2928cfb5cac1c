package import LedgerCore

/// What whoever checks a proof trusts beforehand, from a file that came by another way.
package enum ProofTrust: Sendable {
    /// The network's founding file.
    case genesis([UInt8])
    /// Checkpoint keys of members, as C2SP writes them: one for each line.
    case keys([NoteKey])

    /// Most keys in a file; a network has some hundred members.
    package static let keysMax = 1_000

    /// Why a file is no trust file.
    package enum Problem: Error, Hashable, Sendable {
        case neither
        case tooManyKeys
        case repeatedKey(String)
    }

    /// Reads a genesis file, or a text of checkpoint keys: one on each line, `#` begins a comment.
    /// A log's own key, which discovery lists beside the members', is passed over: what makes a
    /// checkpoint final, and what a proof carries, are the members' cosignatures.
    package init(file bytes: [UInt8]) throws(Problem) {
        if (try? Genesis(bytes: bytes)) != nil {
            self = .genesis(bytes)
            return
        }
        guard bytes.count <= Checkpoint.noteBytesMax,
            let text = String(validating: bytes, as: UTF8.self)
        else { throw .neither }
        var keys = [NoteKey]()
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let key = try? NoteKey(text: String(line)) else { throw .neither }
            guard !keys.contains(where: { $0.name == key.name }) else {
                throw .repeatedKey(key.name)
            }
            guard key.algorithm == .cosignature else { continue }
            keys.append(key)
            guard keys.count <= ProofTrust.keysMax else { throw .tooManyKeys }
        }
        guard !keys.isEmpty else { throw .neither }
        self = .keys(keys)
    }
}
