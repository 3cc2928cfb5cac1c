import FHIR
import Foundation
import TestSupport
import Testing

@Suite struct JSONTests {
    @Test func keepsDigitsOrderAndRanges() throws {
        let text = #" {"b": 1.00, "a" : [true, null, "x\u00e9\n\ud83d\ude00"], "c":-0e+2} "#
        let root = try JSONDocument(parsing: text).root
        #expect(root.members.map { $0.key.string } == ["b", "a", "c"])
        #expect(root["b"]?.numberText == "1.00")
        #expect(root["c"]?.numberText == "-0e+2")
        let elements = try #require(root["a"]).elements.map { $0 }
        #expect(elements.map(\.kind) == [.boolean, .null, .string])
        #expect(elements[0].bool == true)
        #expect(elements[2].string == "xé\n😀")
        #expect(
            String(decoding: elements[2].rawBytes, as: UTF8.self) == #""x\u00e9\n\ud83d\ude00""#)
        #expect(root["d"] == nil)
        #expect(
            String(decoding: root.rawBytes, as: UTF8.self)
                == text.trimmingCharacters(in: .whitespaces))
    }

    @Test func findsMembersByEscapedKeys() throws {
        let root = try JSONDocument(parsing: #"{"\u0061b":1,"c":{"d":2}}"#).root
        #expect(root["ab"]?.numberText == "1")
        #expect(root["c"]?["d"]?.numberText == "2")
    }

    @Test(arguments: [
        ("", JSONError.Reason.empty), ("  ", .empty), ("{", .unexpectedEnd),
        ("[1,", .unexpectedEnd),
        ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte),
        ("{a:1}", .unexpectedByte), ("[1 2]", .unexpectedByte), ("1 2", .trailingContent),
        ("{}}", .trailingContent), ("tru", .unexpectedEnd), ("trux", .badLiteral),
        ("01", .trailingContent), ("-", .unexpectedEnd), ("-x", .badNumber), ("1.", .unexpectedEnd),
        ("[1.]", .badNumber), ("1e", .unexpectedEnd), ("[1e+]", .badNumber),
        ("+1", .unexpectedByte),
        ("NaN", .unexpectedByte), ("\"", .unexpectedEnd), ("\"\\x\"", .badEscape),
        ("\"\\u12g4\"", .badEscape), ("\"\\ud800\"", .loneSurrogate),
        ("\"\\ud800\\u0041\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate),
        ("\"a\u{1}b\"", .controlCharacter), ("\"a\nb\"", .controlCharacter),
        ("{\"a\":1,\"a\":2}", .duplicateKey), ("{\"ab\":1,\"\\u0061b\":2}", .duplicateKey),
        ("\u{FEFF}{}", .unexpectedByte), ("// x\n{}", .unexpectedByte),
    ])
    func refuses(_ text: String, _ reason: JSONError.Reason) {
        #expect { try JSONDocument(parsing: text) } throws: { ($0 as? JSONError)?.reason == reason }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        let text = Array("{\"abcdefgh\":\"12345678".utf8) + bytes + Array("\"}".utf8)
        #expect { try JSONDocument(parsing: text) } throws: {
            ($0 as? JSONError) == JSONError(.invalidUTF8, at: 21)
        }
    }

    @Test func agreesWithFoundationOnWhatIsUTF8() async {
        for await item in Soak.cases(usual: 20_000, long: 2_000_000, pinned: 7) {
            var random = item.random
            let bytes = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                UInt8.random(in: 0x80...0xFF, using: &random)
            }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            let quoted = [0x22] + bytes + [0x22]
            #expect(((try? JSONDocument(parsing: quoted)) != nil) == isValid, "\(item)")
        }
    }

    @Test func findsDuplicatesAmongManyKeysInTime() {
        let many = (0..<50_000).map { "\"key\($0)\":0" }
        #expect(throws: Never.self) {
            try JSONDocument(parsing: "{" + many.joined(separator: ",") + "}")
        }
        let twice = "{" + (many + ["\"key77\":1"]).joined(separator: ",") + "}"
        #expect { try JSONDocument(parsing: twice) } throws: {
            ($0 as? JSONError)?.reason == .duplicateKey
        }
    }

    @Test func boundsDepthAndSize() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        _ = try JSONDocument(parsing: deep)
        #expect { try JSONDocument(parsing: "[" + deep + "]") } throws: {
            ($0 as? JSONError)?.reason == .tooDeep
        }
        #expect { try JSONDocument(parsing: "[1,2]", limits: JSONLimits(sizeBytes: 4)) } throws: {
            ($0 as? JSONError)?.reason == .tooLarge
        }
    }

    @Test func writerEscapesAndSeparates() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a\"", "x\\\n\u{1}é")
        writer.key("b")
        writer.beginArray()
        writer.integer(-3)
        writer.boolean(false)
        writer.raw("{}".utf8)
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text == #"{"a\"":"x\\\n\u0001é","b":[-3,false,{},{}]}"#)
        #expect(try JSONDocument(parsing: text).root["a\""]?.string == "x\\\n\u{1}é")
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
    func readsWhatFoundationReads() throws {
        for url in SharedData.files("us-core-examples") + SharedData.files("ips") {
            let bytes = try SharedData.bytes(url)
            let ours = foundation(try JSONDocument(parsing: bytes).root)
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes)) as? NSObject
            #expect(ours == theirs, "\(url.lastPathComponent)")
        }
    }

    private func foundation(_ view: JSONView) -> NSObject? {
        switch view.kind {
        case .object:
            var object: [String: NSObject] = [:]
            for (key, value) in view.members {
                if let name = key.string { object[name] = foundation(value) }
            }
            return object as NSDictionary
        case .array: return view.elements.compactMap(foundation) as NSArray
        case .string: return view.string as NSString?
        case .boolean: return view.bool as NSNumber?
        case .null: return NSNull()
        case .number:
            let data = Data("[\(view.numberText ?? "")]".utf8)
            return (try? JSONSerialization.jsonObject(with: data) as? NSArray)?.firstObject
                as? NSObject
        }
    }

    @Test func moreValuesThanTheLimitAreRefusedBeforeTheyCostMemory() throws {
        let limits = JSONLimits(nodes: 5)
        #expect(throws: Never.self) { try JSONDocument(parsing: "[1,2,3,4]", limits: limits) }
        #expect(throws: JSONError(.tooMany, at: 9)) {
            try JSONDocument(parsing: "[1,2,3,4,5]", limits: limits)
        }
    }
}
