import Foundation

/// The test data beside the repository: `shared/data` in a folder above this file, or the folder
/// that the environment variable CAIRN_SHARED_DATA names.
enum SharedData {
    static let root: URL? = {
        if let path = ProcessInfo.processInfo.environment["CAIRN_SHARED_DATA"] {
            return URL(fileURLWithPath: path)
        }
        // In two ways: the sources may be reached through symbolic links.
        for start in [#filePath, URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().path] {
            var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
            while folder.path != "/" {
                let candidate = folder.appendingPathComponent("shared/data")
                if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
                folder.deleteLastPathComponent()
            }
        }
        return nil
    }()

    static var isPresent: Bool { root != nil }
    static let absence = "shared/data is not beside the repository; set CAIRN_SHARED_DATA"

    static func files(_ folder: String) -> [URL] {
        guard let root else { return [] }
        let found = try? FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
        return (found ?? []).filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
    }

    static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
