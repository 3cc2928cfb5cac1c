import Foundation
import KeyValue
import Testing

/// A range of keys in a family of its own: nobody who reads sees the difference.
@Suite struct KeysApartTests {
    /// Keys from "b" up to below "d" lie apart.
    private static let range = KeyRange(from: [0x62], upTo: [0x64])

    private func options(readOnly: Bool = false, apart: Bool = true) -> KeyValueOptions {
        var options = KeyValueOptions()
        options.writeAheadLog = false
        options.readOnly = readOnly
        if apart { options.apart = Self.range }
        return options
    }

    private func all(_ store: KeyValueStore, from start: [UInt8] = []) throws -> [String] {
        var keys = [String]()
        try store.scan(from: start, to: nil) { key, _ in
            keys.append(String(decoding: key, as: UTF8.self))
            return .continue
        }
        return keys
    }

    private func put(_ texts: [String], in store: KeyValueStore) throws {
        try store.write(durable: false) { batch in
            for text in texts { batch.put(Array(text.utf8), Array(text.utf8)) }
        }
    }

    @Test func keysAreReadScannedAndRemovedAsIfTogether() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options())
        let texts = ["", "a", "b", "ba", "c", "cz", "d", "e"]
        try put(texts.reversed(), in: store)
        #expect(try all(store) == texts)
        #expect(try all(store, from: [0x62, 0x61]) == ["ba", "c", "cz", "d", "e"])
        #expect(try all(store, from: [0x64]) == ["d", "e"])
        #expect(try all(store, from: [0x61, 0x61]) == ["b", "ba", "c", "cz", "d", "e"])
        let keys = ["cz", "x", "e", "bb", "b"].map { Array($0.utf8) }
        #expect(try store.get(many: keys) == [keys[0], nil, keys[2], nil, keys[4]])
        for text in texts { #expect(try store.get(Array(text.utf8)) == Array(text.utf8)) }
        try store.write(durable: false) { batch in
            batch.delete(Array("c".utf8))
            batch.delete(Array("d".utf8))
        }
        let left = ["", "a", "b", "ba", "cz", "e"]
        #expect(try all(store) == left)
        var visits = [String]()
        try store.scan(prefix: Array("b".utf8)) { key, _ in
            visits.append(String(decoding: key, as: UTF8.self))
            return .continue
        }
        #expect(visits == ["b", "ba"])
        let moment = try store.moment()
        try put(["bc"], in: store)
        visits = []
        try moment.scan(prefix: Array("b".utf8)) { key, _ in
            visits.append(String(decoding: key, as: UTF8.self))
            return .continue
        }
        #expect(visits == ["b", "ba"])
        moment.release()
        try store.write(durable: false) { $0.delete(Array("bc".utf8)) }
        store.close()
        let again = try KeyValueStore.open(path: folder.path, options: options())
        #expect(!again.lackedApart)
        #expect(try all(again) == left)
        #expect(try again.verifyChecksums() == UInt64(left.count))
        again.close()
        let reader = try KeyValueStore.open(path: folder.path, options: options(readOnly: true))
        #expect(try all(reader) == left)
        reader.close()
    }

    @Test func aFolderWithoutThemSaysSo() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options(apart: false))
        try put(["a", "b"], in: store)
        store.close()
        let reader = try KeyValueStore.open(path: folder.path, options: options(readOnly: true))
        #expect(reader.lackedApart)
        #expect(try all(reader) == ["a", "b"])
        reader.close()
        let writer = try KeyValueStore.open(path: folder.path, options: options())
        #expect(writer.lackedApart)
        writer.close()
        #expect(throws: KeyValueError.self) {
            try KeyValueStore.open(path: folder.path, options: options(apart: false))
        }
    }

    @Test func aBatchOfItsOwnIsRefused() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options())
        var batch = WriteBatch()
        batch.put([1], [1])
        #expect(throws: KeyValueError.self) { try store.write(batch, durable: false) }
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try store.write(durable: false) { batch in
                batch.put([1], [1])
                throw Stop()
            }
        }
        #expect(try store.get([1]) == nil)
    }

    /// What RocksDB wrote out of its memory by itself is whole over both, however much it is.
    @Test func whatACrashLeavesIsWhole() throws {
        let folder = TestFolder()
        var small = options()
        small.writeBufferBytes = 64 << 10
        let store = try KeyValueStore.open(path: folder.path, options: small)
        let filler = [UInt8](repeating: 7, count: 500)
        for number in 0..<2_000 {
            let digits = Array("\(10_000 + number)".utf8)
            try store.write(durable: false) { batch in
                batch.put(Array("a".utf8) + digits, [])
                batch.put(Array("b".utf8) + digits, filler)
            }
        }
        // The files as a killed process leaves them.
        let copy = TestFolder()
        try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
        try? FileManager.default.removeItem(atPath: copy.path + "/LOCK")
        let left = try KeyValueStore.open(path: copy.path, options: options(readOnly: true))
        let keys = try all(left)
        let main = keys.filter { $0.hasPrefix("a") }.map { $0.dropFirst() }
        let apart = keys.filter { $0.hasPrefix("b") }.map { $0.dropFirst() }
        #expect(main == apart)
        #expect(!main.isEmpty && main.count < 2_000)
        left.close()
        store.close()
    }
}
