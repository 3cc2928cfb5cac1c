/// A signed statement of a channel's log, in the formats of C2SP: tlog-checkpoint for the text,
/// signed-note for the signatures, tlog-cosignature for the members' timestamped ones.
package struct Checkpoint: Hashable, Sendable {
    /// The log's name: `cairn/<network>/<channel>`.
    package let origin: String
    package let size: UInt64
    package let root: Digest
    package var signatures: [NoteSignature] = []

    package init(origin: String, size: UInt64, root: Digest) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The origin line of a channel's log.
    package static func origin(network: Digest, channel: String) -> String {
        "cairn/\(network)/\(channel)"
    }

    /// The note's text: origin, size, root; each line ends with a newline.
    package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// The signed note: text, empty line, signature lines.
    package var note: String { text + "\n" + signatures.map(\.line).joined() }

    /// A note's size limit: text and a signature line for each of a thousand members.
    package static let noteBytesMax = 256 * 1024

    /// Reads a note strictly.
    package init(note: String) throws(MalformedBytes) {
        let malformed = MalformedBytes("checkpoint", .badField)
        guard note.utf8.count <= Checkpoint.noteBytesMax else {
            throw MalformedBytes("checkpoint", .oversize)
        }
        var lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, lines.removeLast().isEmpty, lines[3].isEmpty,
            let size = UInt64(lines[1]), String(size) == lines[1],
            let bytes = Base64.decode(String(lines[2])), let root = Digest(bytes),
            !lines[0].isEmpty
        else { throw malformed }
        self.init(origin: String(lines[0]), size: size, root: root)
        for line in lines[4...] { signatures.append(try NoteSignature(line: String(line))) }
        // By bytes: two texts that Unicode calls equal are two notes.
        guard self.note.utf8.elementsEqual(note.utf8) else {
            throw MalformedBytes("checkpoint", .notCanonical)
        }
    }
}

/// One signature line of a note: `— name base64(key hash ‖ signature)`.
package struct NoteSignature: Hashable, Sendable {
    package let name: String
    /// First four bytes of SHA-256(name ‖ 0x0a ‖ algorithm ‖ public key).
    package let keyHash: [UInt8]
    /// Algorithm 1: 64 bytes. Algorithm 4: 8 bytes of time, then 64 bytes.
    package let bytes: [UInt8]

    var line: String { "— \(name) \(Base64.encode(keyHash + bytes))\n" }

    init(name: String, keyHash: [UInt8], bytes: [UInt8]) {
        self.name = name
        self.keyHash = keyHash
        self.bytes = bytes
    }

    init(line: String) throws(MalformedBytes) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "—", NoteKey.isName(parts[1]),
            let bytes = Base64.decode(String(parts[2])), bytes.count > 4
        else { throw MalformedBytes("checkpoint signature", .badField) }
        self.init(name: String(parts[1]), keyHash: Array(bytes[..<4]), bytes: Array(bytes[4...]))
    }
}

/// A key that signs notes, as C2SP writes it: `name+hash+base64(algorithm ‖ key)`.
package struct NoteKey: Hashable, Sendable {
    package let name: String
    package let algorithm: Algorithm
    /// Ed25519, 32 bytes.
    package let publicKey: [UInt8]

    /// C2SP signed-note's signature types.
    package enum Algorithm: UInt8, Sendable {
        case ed25519 = 1
        case cosignature = 4
    }

    package init(name: String, algorithm: Algorithm, publicKey: [UInt8]) {
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
    }

    /// Reads the text form.
    package init(text: String) throws(MalformedBytes) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, NoteKey.isName(parts[0]),
            let bytes = Base64.decode(String(parts[2])),
            bytes.count == 33, let algorithm = Algorithm(rawValue: bytes[0])
        else { throw MalformedBytes("checkpoint key", .badField) }
        self.init(name: String(parts[0]), algorithm: algorithm, publicKey: Array(bytes[1...]))
        guard Hex.encode(hash) == parts[1] else {
            throw MalformedBytes("checkpoint key", .badField)
        }
    }

    /// C2SP signed-note: a key's name is not empty and holds neither a Unicode space nor a plus.
    package static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" }
    }

    package var hash: [UInt8] {
        Array(
            Digest.sha256(Array(name.utf8) + [0x0a, algorithm.rawValue] + publicKey).bytes.prefix(4)
        )
    }

    package var text: String {
        "\(name)+\(Hex.encode(hash))+\(Base64.encode([algorithm.rawValue] + publicKey))"
    }

    /// What the signature covers: the text itself, or the cosignature's own header before it
    /// (C2SP tlog-cosignature: "cosignature/v1", time in seconds, the note's text).
    func message(_ text: String, timeSeconds: UInt64) -> [UInt8] {
        switch algorithm {
        case .ed25519: Array(text.utf8)
        case .cosignature: Array("cosignature/v1\ntime \(timeSeconds)\n\(text)".utf8)
        }
    }

    /// Signs a checkpoint's text; `timeSeconds` (since 1970) goes into a cosignature.
    package func sign(
        _ checkpoint: Checkpoint, timeSeconds: UInt64, with key: SigningKey
    ) throws -> NoteSignature {
        let signature = try key.sign(message(checkpoint.text, timeSeconds: timeSeconds))
        var time = [UInt8]()
        if algorithm == .cosignature {
            time = withUnsafeBytes(of: timeSeconds.bigEndian) { [UInt8]($0) }
        }
        return NoteSignature(name: name, keyHash: hash, bytes: time + signature)
    }

    /// Whether one of the checkpoint's signatures is this key's and holds; gives the cosignature's
    /// time (0 for algorithm 1), `nil` where none holds.
    package func verify(_ checkpoint: Checkpoint) -> UInt64? {
        guard let key = try? PublicKey(scheme: .ed25519, bytes: publicKey),
            let parsed = try? ParsedKey(key)
        else { return nil }
        for signature in checkpoint.signatures
        where signature.name == name && signature.keyHash == hash {
            let timed = algorithm == .cosignature
            guard signature.bytes.count == (timed ? 72 : 64) else { continue }
            var time: UInt64 = 0
            if timed { for byte in signature.bytes[..<8] { time = time << 8 | UInt64(byte) } }
            let raw = Array(signature.bytes.suffix(64))
            if parsed.verifies(raw, over: message(checkpoint.text, timeSeconds: time)) {
                return time
            }
        }
        return nil
    }
}
