import Foundation
import Storage
import TestSupport

/// A folder on the real disk, removed with its last reference.
final class TestFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "cairn-storage-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Every file below the folder with its bytes.
    func contents() throws -> [String: Data] {
        var result = [String: Data]()
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let file = path + "/" + name
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
            result[name] = isFolder.boolValue ? Data() : try Data(contentsOf: URL(filePath: file))
        }
        return result
    }
}

extension SeededGenerator {
    /// Up to `limit` bytes.
    mutating func payload(upTo limit: Int) -> [UInt8] {
        let count = Int.random(in: 0...limit, using: &self)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
