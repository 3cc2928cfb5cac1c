package import Foundation

/// The real test data beside the repository: `shared/data` in a folder above this file, or the
/// folder that the environment variable CAIRN_SHARED_DATA names. A bare clone has none.
package enum SharedData {
    /// The folder, or `nil`.
    package static let root: URL? = {
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

    /// Whether there is such a folder.
    package static var isPresent: Bool { root != nil }

    /// Why a test that needs the folder did not run.
    package static let absence = "shared/data is not beside the repository; set CAIRN_SHARED_DATA"

    /// The JSON files of a folder, by name: of `synthea-r4` the information bundles first.
    package static func files(_ folder: String) -> [URL] {
        guard let root else { return [] }
        let found = try? FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
        return (found ?? []).filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
    }

    /// A file's content.
    package static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }
}
