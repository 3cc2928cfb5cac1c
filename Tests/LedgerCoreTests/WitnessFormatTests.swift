@testable import LedgerCore
import TestSupport
import Testing

/// C2SP's tile paths and witness requests: one text for each, nothing else.
@Suite struct WitnessFormatTests {
    @Test(arguments: [
        (UInt64(0), 256, "000"), (5, 256, "005"), (999, 256, "999"), (1_000, 256, "x001/000"),
        (1_234_067, 256, "x001/x234/067"), (273, 112, "273.p/112"), (70_000, 1, "x070/000.p/1"),
        (UInt64.max, 255, "x018/x446/x744/x073/x709/x551/615.p/255"),
    ])
    func tilePathsAreThoseOfC2SP(index: UInt64, width: Int, text: String) {
        let path = TilePath(index: index, width: width)
        #expect(path.segments.joined(separator: "/") == text)
        #expect(TilePath(segments: path.segments) == path)
    }

    @Test(arguments: [
        "", "0", "00", "0000", "x000", "1/000", "x001", "x01/000", "x001/x000", "000/000",
        "x000/001", "+01", "٠٠٠", "000.p", "000.p/0", "000.p/256", "000.p/01", "000.p/+1",
        "000.p/1/2", "000.q/1", ".p/1", "x018/x446/x744/x073/x709/x551/616",
        "x001/x018/x446/x744/x073/x709/x551/615", "000/", "/000",
    ])
    func otherTilePathsAreNone(text: String) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        #expect(TilePath(segments: segments.map(String.init)) == nil)
    }

    @Test func aBundleHasLengthsOfTwoBytes() {
        let bytes = TilePath.bundle([leaf(1), leaf(2)])
        #expect(bytes.count == 68)
        #expect(Array(bytes[..<2]) == [0, 32])
        #expect(Array(bytes[2..<34]) == leaf(1).bytes)
        #expect(Array(bytes[34..<36]) == [0, 32])
    }

    private func request(_ oldSize: UInt64, _ path: [Digest]) throws -> WitnessRequest {
        let signer = try TestKeys.ed25519(5)
        let key = NoteKey(
            name: "log.example/a", algorithm: .ed25519, publicKey: try signer.publicKey().bytes)
        var checkpoint = Checkpoint(origin: "log.example/a", size: 42, root: leaf(3))
        checkpoint.signatures = [try key.sign(checkpoint, timeSeconds: 0, with: signer)]
        return WitnessRequest(oldSize: oldSize, path: path, checkpoint: checkpoint)
    }

    @Test(arguments: [0, 1, 63]) func requestsComeBack(lines: Int) throws {
        let request = try request(UInt64(lines), leaves(lines))
        #expect(try WitnessRequest(bytes: Array(request.text.utf8)) == request)
        #expect(request.text.hasPrefix("old \(lines)\n"))
    }

    @Test func requestsAreReadStrictly() throws {
        let text = try request(7, leaves(2)).text
        let lines = text.components("\n")
        func with(_ index: Int, _ line: String) -> String {
            var copy = lines
            copy[index] = line
            return copy.joined(separator: "\n")
        }
        let long = try request(7, leaves(64)).text
        for bad in [
            "", "\n", with(0, "old"), with(0, "old "), with(0, "old 07"), with(0, "old -1"),
            with(0, "old +7"), with(0, "Old 7"), with(0, "old 7 "),
            with(0, "old 18446744073709551616"),
            with(1, "AAAA"), with(1, lines[1] + "="), with(1, lines[1] + "\r"), with(3, "x"),
            with(3, lines[1] + "\n" + lines[1]), text + "\n", String(text.dropLast()), "\n" + text,
            text.replacing("\n", with: "\r\n"), long,
        ] {
            #expect(throws: MalformedBytes.self, "\(bad.prefix(40))") {
                _ = try WitnessRequest(bytes: Array(bad.utf8))
            }
        }
        #expect(throws: MalformedBytes.self) {
            _ = try WitnessRequest(bytes: [0xff] + Array(text.utf8))
        }
        #expect(throws: MalformedBytes.self) {
            _ = try WitnessRequest(
                bytes: [UInt8](repeating: 0x61, count: WitnessRequest.bytesMax + 1))
        }
    }

    @Test func alteredRequestsNeverCrashAndNeverMeanTheSame() async throws {
        let request = try request(7, leaves(3))
        let bytes = Array(request.text.utf8)
        for await item in Soak.cases(usual: 2_000, long: 200_000, pinned: 77) {
            var random = item.random
            var changed = bytes
            let position = Int.random(in: 0..<changed.count, using: &random)
            changed[position] ^= 1 << UInt8(random.next() % 8)
            guard let read = try? WitnessRequest(bytes: changed) else { continue }
            #expect(read != request, "\(item): byte \(position)")
        }
    }

    @Test func aWitnessAnswersWithLines() throws {
        let line = try request(0, []).checkpoint.signatures
        #expect(try Checkpoint.signatures(lines: Checkpoint.lines(line)) == line)
        #expect(try Checkpoint.signatures(lines: Checkpoint.lines(line + line)).count == 2)
        for bad in ["", "\n", "x\n", String(Checkpoint.lines(line).dropLast()), "— a AAAA\n"] {
            #expect(throws: MalformedBytes.self) { _ = try Checkpoint.signatures(lines: bad) }
        }
    }
}

extension String {
    fileprivate func components(_ separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
