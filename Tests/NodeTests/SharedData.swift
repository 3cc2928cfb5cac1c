import Foundation

/// The real test data beside a checkout; absent in a bare clone.
enum SharedData {
    static let folder: String? = {
        if let named = ProcessInfo.processInfo.environment["CAIRN_SHARED_DATA"] { return named }
        var place = URL(filePath: #filePath)
        while place.path != "/" {
            place.deleteLastPathComponent()
            let candidate = place.appending(path: "shared/data")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate.path }
        }
        return nil
    }()

    /// The Synthea bundles, the information bundles first.
    static func synthea() throws -> [[UInt8]] {
        guard let folder else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/synthea-r4")
        return try names.filter { $0.hasSuffix(".json") }.sorted().map {
            [UInt8](try Data(contentsOf: URL(filePath: folder + "/synthea-r4/" + $0)))
        }
    }
}
