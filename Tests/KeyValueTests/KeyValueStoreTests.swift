import Foundation
import KeyValue
import Testing

/// A folder on the real disk, removed with its last reference.
final class TestFolder: Sendable {
    let path = NSTemporaryDirectory() + "cairn-kv-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func contents() throws -> [String: Data] {
        var result = [String: Data]()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            result[name] = try Data(contentsOf: URL(filePath: path + "/" + name))
        }
        return result
    }
}

private func options(
    log: Bool = true, readOnly: Bool = false, writeBufferBytes: Int = 8 << 20
) -> KeyValueOptions {
    var options = KeyValueOptions()
    options.writeAheadLog = log
    options.readOnly = readOnly
    options.writeBufferBytes = writeBufferBytes
    return options
}

private func key(_ number: Int) -> [UInt8] { Array("key-\(1_000_000 + number)".utf8) }

private func fill(_ store: KeyValueStore, _ range: Range<Int>, bytes: Int = 100) throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 100) {
        var batch = WriteBatch()
        for number in start..<min(start + 100, range.upperBound) {
            batch.put(key(number), [UInt8](repeating: UInt8(number & 255), count: bytes))
        }
        try store.write(batch, durable: false)
    }
}

@Suite struct KeyValueStoreTests {
    @Test func writesReadsDeletesAndScansInOrder() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path)
        var batch = WriteBatch()
        for text in ["b", "a", "ba", "", "c"] { batch.put(Array(text.utf8), [UInt8](text.utf8)) }
        batch.put([0xFF, 0xFF], [])
        batch.delete(Array("c".utf8))
        #expect(batch.count == 7)
        try store.write(batch, durable: true)
        #expect(try store.get(Array("ba".utf8)) == Array("ba".utf8))
        #expect(try store.get([]) == [])
        #expect(try store.get([0xFF, 0xFF]) == [])
        #expect(try store.get(Array("c".utf8)) == nil)
        let some = [Array("c".utf8), Array("a".utf8)]
        #expect(try store.get(many: some) == [nil, Array("a".utf8)])
        #expect(try store.get(many: []) == [])

        func keys(_ scan: (ScanVisitor) throws -> Void) rethrows -> [String] {
            var keys = [String]()
            try scan { key, _ in
                keys.append(key.map { $0 == 0xFF ? "ÿ" : String(UnicodeScalar($0)) }.joined())
                return .continue
            }
            return keys
        }
        #expect(try keys { try store.scan(prefix: [], $0) } == ["", "a", "b", "ba", "ÿÿ"])
        #expect(try keys { try store.scan(prefix: Array("b".utf8), $0) } == ["b", "ba"])
        #expect(
            try keys { try store.scan(prefix: [0x62], from: [0x62, 0x61], $0) } == ["ba"])
        #expect(try keys { try store.scan(prefix: [0x62], from: [0x61], $0) } == ["b", "ba"])
        #expect(try keys { try store.scan(prefix: [0xFF], $0) } == ["ÿÿ"])
        #expect(try keys { try store.scan(from: [0x61], to: [0x62, 0x61], $0) } == ["a", "b"])
        var visits = 0
        try store.scan(prefix: []) { _, _ in
            visits += 1
            return visits == 2 ? .stop : .continue
        }
        #expect(visits == 2)
    }

    @Test(arguments: [true, false])
    func entriesComeBackAfterClosing(log: Bool) throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options(log: log))
        try fill(store, 0..<500)
        store.close()
        store.close()
        #expect(throws: KeyValueError.self) { try store.get(key(1)) }
        let again = try KeyValueStore.open(path: folder.path, options: options(log: log))
        #expect(try again.verifyChecksums() == 500)
    }

    @Test func aDurableWriteWithoutALogIsRefused() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options(log: false))
        var batch = WriteBatch()
        batch.put([1], [1])
        #expect(throws: KeyValueError.self) { try store.write(batch, durable: true) }
        #expect(try store.get([1]) == nil)
    }

    @Test(arguments: [true, false])
    func aReadOnlyOpenChangesNoFile(log: Bool) throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path, options: options(log: log))
        try fill(store, 0..<300)
        try store.flush()
        try fill(store, 300..<400)  // with a log these stay in it, as after a kill
        let copy = TestFolder()
        try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
        let before = try copy.contents()
        let reader = try KeyValueStore.open(path: copy.path, options: options(readOnly: true))
        #expect(try reader.verifyChecksums() == (log ? 400 : 300))
        #expect(try reader.get(key(7)) != nil)
        var batch = WriteBatch()
        batch.put([1], [1])
        #expect(throws: KeyValueError.self) { try reader.write(batch, durable: false) }
        #expect(throws: KeyValueError.self) { try reader.flush() }
        reader.close()
        let isUntouched = try copy.contents() == before
        #expect(isUntouched)
    }

    @Test func openingForReadingMakesNoFolder() throws {
        let folder = TestFolder()
        #expect(throws: KeyValueError.self) {
            try KeyValueStore.open(path: folder.path, options: options(readOnly: true))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func aFlippedBitInATableIsFoundAndNamed() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path)
        try fill(store, 0..<2_000)
        try store.flush()
        store.close()
        let name = try #require(try folder.contents().keys.first { $0.hasSuffix(".sst") })
        let file = URL(filePath: folder.path + "/" + name)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 3] ^= 4
        try bytes.write(to: file)
        let reader = try KeyValueStore.open(path: folder.path, options: options(readOnly: true))
        let error = #expect(throws: KeyValueError.self) { try reader.verifyChecksums() }
        #expect(error?.code == .damaged)
        #expect(error?.detail.contains(name) == true)
    }

    @Test func twoWritersAtOnceAreRefused() throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(path: folder.path)
        let error = #expect(throws: KeyValueError.self) {
            try KeyValueStore.open(path: folder.path)
        }
        #expect(error?.code == .cannotOpen)
        _ = try store.get([1])
    }

    @Test func readersWritersAndCloseGetAlong() async throws {
        let folder = TestFolder()
        let store = try KeyValueStore.open(
            path: folder.path, options: options(log: false, writeBufferBytes: 256 << 10))
        try fill(store, 0..<1_000)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<2_000 {
                        do {
                            if worker == 0 {
                                try fill(store, round..<round + 50)
                            } else {
                                let value = try store.get(key(round % 1_000))
                                #expect(value?.count == 100)
                            }
                        } catch let error as KeyValueError where error.code == .closed {
                            return
                        } catch {
                            Issue.record(error)
                            return
                        }
                    }
                }
            }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(30))
                store.close()
            }
        }
        let again = try KeyValueStore.open(path: folder.path)
        #expect(try again.get(key(999))?.count == 100)
    }
}
