import FoundationEssentials

/// Files that commands write and read: whole or not at all.
enum FileWriting {
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure.usage(
                "\(path) cannot be written", hint: "check the folder, its permissions and space")
        }
    }

    static func read(_ path: String, bytesMax: Int) throws -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw CommandFailure.usage("\(path) cannot be read", hint: "check the name")
        }
        guard data.count <= bytesMax else {
            throw CommandFailure.usage("\(path) is too large", hint: "check the name")
        }
        return [UInt8](data)
    }
}
