/// The body of `add-checkpoint` (C2SP tlog-witness): the size that the witness cosigned last, the
/// proof from there, and the log's signed checkpoint.
package struct WitnessRequest: Hashable, Sendable {
    package let oldSize: UInt64
    package let path: [Digest]
    package let checkpoint: Checkpoint

    /// A note, the longest proof, and the first line.
    package static let bytesMax = Checkpoint.noteBytesMax + LogConsistency.pathMax * 45 + 32

    package init(oldSize: UInt64, path: [Digest], checkpoint: Checkpoint) {
        self.oldSize = oldSize
        self.path = path
        self.checkpoint = checkpoint
    }

    /// The one text of the request.
    package var text: String {
        "old \(oldSize)\n" + path.map { Base64.encode($0.bytes) + "\n" }.joined() + "\n"
            + checkpoint.note
    }

    /// Reads a request strictly.
    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let malformed = MalformedBytes("add-checkpoint request", .badField)
        guard bytes.count <= WitnessRequest.bytesMax else {
            throw MalformedBytes("add-checkpoint request", .oversize)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("old "),
            let size = UInt64(first.dropFirst(4)),
            let blank = lines.firstIndex(where: \.isEmpty), blank <= LogConsistency.pathMax + 1
        else { throw malformed }
        var path = [Digest]()
        for line in lines[1..<blank] {
            guard let hash = Base64.decode(String(line)).flatMap({ Digest($0) }) else {
                throw malformed
            }
            path.append(hash)
        }
        let note = lines[(blank + 1)...].joined(separator: "\n")
        self.init(oldSize: size, path: path, checkpoint: try Checkpoint(note: note))
        guard self.text.utf8.elementsEqual(bytes) else {
            throw MalformedBytes("add-checkpoint request", .notCanonical)
        }
    }
}

extension Checkpoint {
    /// The signature lines of a witness's answer.
    ///
    /// - Throws: `MalformedBytes` for what is no sequence of such lines.
    package static func signatures(lines text: String) throws(MalformedBytes) -> [NoteSignature] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard text.utf8.count <= noteBytesMax, lines.count >= 2, lines.removeLast().isEmpty else {
            throw MalformedBytes("cosignature", .badField)
        }
        var signatures = [NoteSignature]()
        for line in lines { signatures.append(try NoteSignature(line: String(line))) }
        return signatures
    }

    /// The signature lines alone, as a witness answers.
    package static func lines(_ signatures: [NoteSignature]) -> String {
        signatures.map(\.line).joined()
    }

    /// This checkpoint with one signature alone.
    package func with(_ signature: NoteSignature) -> Checkpoint {
        var alone = self
        alone.signatures = [signature]
        return alone
    }
}

/// When a checkpoint was cosigned, from times that no single signer decides.
package enum CosignedTime {
    /// The earliest of the times by which more than half of the signers had signed; `nil` for none.
    /// Where fewer than half of them lie, it is between times that honest ones gave.
    package static func median(_ seconds: [UInt64]) -> UInt64? {
        let sorted = seconds.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
}
