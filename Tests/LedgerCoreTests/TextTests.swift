import LedgerCore
import TestSupport
import Testing

@Suite struct TextTests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"),
        ("foobar", "Zm9vYmFy", "666f6f626172"),
    ]) func publishedTextFormsHold(text: String, base64: String, hexadecimal: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == base64)
        #expect(Base64.decode(base64) == bytes)
        #expect(Base64.encodeURL(bytes) == base64.filter { $0 != "=" })
        #expect(Base64.decodeURL(base64.filter { $0 != "=" }) == bytes)
        #expect(Hex.encode(bytes) == hexadecimal)
        #expect(Hex.decode(hexadecimal) == bytes)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm8", "Zm9=", "Z===", "=", "Zm9v\n", " Zm9v", "Zm=9v",
        "Zm9-", "\u{212A}m9v",
    ]) func onlyOneTextStandsForBytes(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["Zg==", "Zh", "Z", "Zm9+", "Zm9/", "Zm9v="])
    func onlyOneURLTextStandsForBytes(text: String) { #expect(Base64.decodeURL(text) == nil) }

    @Test(arguments: ["0", "0g", "AB", "0x", " 00", "00 "])
    func hexadecimalIsLowercaseAndWhole(text: String) { #expect(Hex.decode(text) == nil) }

    @Test func bytesSurviveTheirTexts() async throws {
        for await item in Soak.cases(usual: 100, long: 200_000, pinned: 4_648) {
            var random = item.random
            let bytes = random.bytes(item.number % 100)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes, "\(item)")
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes, "\(item)")
            #expect(Hex.decode(Hex.encode(bytes)) == bytes, "\(item)")
        }
    }

    @Test func fixedSizesAreExact() throws {
        for count in [0, 1, 15, 17, 31, 33, 64] {
            #expect(Digest([UInt8](repeating: 1, count: count)) == nil)
            #expect(Identifier([UInt8](repeating: 1, count: count)) == nil)
        }
        let bytes = Array(UInt8(0)..<32)
        let digest = try #require(Digest(bytes))
        #expect(digest.bytes == bytes)
        #expect(Digest(hex: digest.description) == digest)
        let identifier = try #require(Identifier(bytes[..<16]))
        #expect(identifier.bytes == Array(bytes[..<16]))
        #expect(Identifier(hex: identifier.description) == identifier)
    }

    @Test func orderIsThatOfTheBytes() async throws {
        for await item in Soak.cases(usual: 500, long: 200_000, pinned: 99) {
            var random = item.random
            var (left, right) = (random.bytes(32), random.bytes(32))
            let same = Int(random.next() % 32)
            left.replaceSubrange(0..<same, with: right[0..<same])
            if random.next() % 8 == 0 { right = left }
            let expected = left.lexicographicallyPrecedes(right)
            let digests = try [#require(Digest(left)), #require(Digest(right))]
            #expect((digests[0] < digests[1]) == expected, "\(item)")
            let short = (left.prefix(16), right.prefix(16))
            let first = try #require(Identifier(short.0))
            let second = try #require(Identifier(short.1))
            #expect((first < second) == short.0.lexicographicallyPrecedes(short.1), "\(item)")
        }
    }

    @Test func bitsCountFromTheMostSignificant() throws {
        let digest = try #require(Digest([0x81] + [UInt8](repeating: 0, count: 30) + [0x01]))
        #expect((0..<256).filter(digest.bit) == [0, 7, 255])
    }

    @Test func namesAreShortAndPlain() {
        for valid in ["a", "main", "registration-clerk", "0", String(repeating: "x", count: 64)] {
            #expect(Name.isValid(valid))
        }
        for invalid in ["", "Main", "a b", "ä", "a_b", "a\n", String(repeating: "x", count: 65)] {
            #expect(!Name.isValid(invalid))
        }
    }
}
