@testable import LedgerCore
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private let signer: SigningKey
    private let checkpoint = Checkpoint(
        origin: Checkpoint.origin(network: leaf(1), channel: "main"), size: 42, root: leaf(2))

    init() throws { signer = try TestKeys.ed25519(7) }

    private func key(
        _ algorithm: NoteKey.Algorithm = .cosignature, name: String = "member/a"
    ) throws -> NoteKey {
        NoteKey(name: name, algorithm: algorithm, publicKey: try signer.publicKey().bytes)
    }

    private func signed(_ algorithms: [NoteKey.Algorithm]) throws -> Checkpoint {
        var checkpoint = checkpoint
        checkpoint.signatures = try algorithms.map {
            try key($0).sign(checkpoint, timeSeconds: 1_700_000_000, with: signer)
        }
        return checkpoint
    }

    /// The example of Go's golang.org/x/mod/sumdb/note: key, text and signature.
    @Test func publishedNoteVerifies() throws {
        let neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let key = try NoteKey(text: neumann)
        #expect(key.text == neumann)
        #expect(key.algorithm == .ed25519)
        let text =
            "If you think cryptography is the answer to your problem,\n"
            + "then you don't know what your problem is.\n"
        let line =
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
            + "tpRZb6KE6RyyBwJnAM="
        let signature = try NoteSignature(line: line)
        #expect(signature.line == line + "\n")
        #expect(signature.keyHash == key.hash)
        let parsed = try ParsedKey(PublicKey(scheme: .ed25519, bytes: key.publicKey))
        #expect(parsed.verifies(signature.bytes, over: Array(text.utf8)))
        #expect(!parsed.verifies(signature.bytes, over: Array(text.dropLast().utf8)))
    }

    @Test func textIsThatOfC2SP() throws {
        let network = leaf(1).description
        #expect(
            checkpoint.text
                == "cairn/\(network)/main\n42\n\(Base64.encode(leaf(2).bytes))\n")
        #expect(
            try key().message(checkpoint.text, timeSeconds: 17)
                == Array(("cosignature/v1\ntime 17\n" + checkpoint.text).utf8))
    }

    @Test func noteComesBackAndVerifies() throws {
        let signed = try signed([.ed25519, .cosignature])
        let read = try Checkpoint(note: signed.note)
        #expect(read == signed)
        #expect(read.note == signed.note)
        #expect(try key(.cosignature).verify(read) == 1_700_000_000)
        #expect(try key(.ed25519).verify(read) == 0)
        #expect(read.signatures.map(\.bytes.count) == [64, 72])
    }

    @Test func algorithmsDoNotStandInForEachOther() throws {
        #expect(try key(.ed25519).verify(signed([.cosignature])) == nil)
        #expect(try key(.cosignature).verify(signed([.ed25519])) == nil)
        #expect(try key(.ed25519).hash != key(.cosignature).hash)
    }

    @Test func anotherNameHashTimeSizeOrRootDoesNotVerify() throws {
        let signed = try signed([.cosignature])
        #expect(try key(name: "member/b").verify(signed) == nil)
        let other = NoteKey(
            name: "member/a", algorithm: .cosignature,
            publicKey: try TestKeys.ed25519(8).publicKey().bytes)
        #expect(other.verify(signed) == nil)
        let original = signed.signatures[0]
        let altered = [
            NoteSignature(
                name: original.name, keyHash: other.hash, bytes: original.bytes),
            NoteSignature(
                name: original.name, keyHash: original.keyHash,
                bytes: [1] + original.bytes.dropFirst()),
            NoteSignature(
                name: original.name, keyHash: original.keyHash,
                bytes: Array(original.bytes.suffix(64))),
        ]
        for signature in altered {
            var copy = signed
            copy.signatures = [signature]
            #expect(try key().verify(copy) == nil)
        }
        for other in [
            Checkpoint(origin: signed.origin, size: 43, root: signed.root),
            Checkpoint(origin: signed.origin, size: 42, root: leaf(3)),
            Checkpoint(origin: "cairn/other", size: 42, root: signed.root),
        ] {
            var copy = other
            copy.signatures = signed.signatures
            #expect(try key().verify(copy) == nil)
        }
    }

    @Test func badSignatureBeforeAGoodOneDoesNotHideIt() throws {
        var signed = try signed([.cosignature])
        let good = signed.signatures[0]
        signed.signatures.insert(
            NoteSignature(
                name: good.name, keyHash: good.keyHash, bytes: [UInt8](repeating: 0, count: 72)),
            at: 0)
        #expect(try key().verify(signed) == 1_700_000_000)
    }

    @Test func noteIsReadStrictly() throws {
        let note = try signed([.ed25519, .cosignature]).note
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func with(_ index: Int, _ line: String) -> String {
            var copy = lines
            copy[index] = line
            return copy.joined(separator: "\n")
        }
        let bad = [
            "", "\n", String(note.dropLast()), note + "\n", "\n" + note, with(0, ""),
            with(1, "042"), with(1, "+42"), with(1, "-1"), with(1, "４２"), with(1, " 42"),
            with(1, "18446744073709551616"), with(2, lines[2].filter { $0 != "=" }),
            with(2, "AAAA"), with(3, "extension"), with(4, lines[4] + " "), with(4, "- a AAAAAAAA"),
            with(4, "—  AAAAAAAA"), with(4, "— a+b AAAAAAAA"), with(4, "— a AAAA"),
            with(4, "— a\u{a0}b AAAAAAAA"), with(4, lines[4] + "\r"), with(0, lines[0] + "\r"),
            note.replacing("\n", with: "\r\n"), with(4, "— a b AAAAAAAA"),
            note + String(repeating: "x", count: Checkpoint.noteBytesMax),
        ]
        for (index, text) in bad.enumerated() {
            #expect(throws: MalformedBytes.self, "case \(index)") {
                let read = try Checkpoint(note: text)
                // A carriage return in the origin is another origin, never this one.
                if read.origin != lines[0] { throw MalformedBytes("origin", .badField) }
            }
        }
    }

    @Test func keyTextIsReadStrictly() throws {
        let text = try key().text
        #expect(try NoteKey(text: text) == key())
        let parts = text.split(separator: "+", maxSplits: 2).map(String.init)
        for bad in [
            "", "+", "\(parts[0])+\(parts[1])", "\(parts[0])+00000000+\(parts[2])",
            "other+\(parts[1])+\(parts[2])", "\(parts[0])+\(parts[1].uppercased())A+\(parts[2])",
            text + "=", " " + text, "+\(parts[1])+\(parts[2])",
        ] {
            #expect(throws: MalformedBytes.self, "\(bad)") { try NoteKey(text: bad) }
        }
    }

    @Test func mutatedNotesNeverVerify() async throws {
        let note = Array(try signed([.cosignature]).note.utf8)
        let key = try key()
        for await item in Soak.cases(usual: 2_000, long: 200_000, pinned: 2_025) {
            var random = item.random
            var bytes = note
            let position = Int.random(in: 0..<bytes.count, using: &random)
            bytes[position] ^= 1 << UInt8(random.next() % 8)
            guard let read = try? Checkpoint(note: String(decoding: bytes, as: UTF8.self)) else {
                continue
            }
            #expect(key.verify(read) == nil, "\(item): byte \(position)")
        }
    }
}
