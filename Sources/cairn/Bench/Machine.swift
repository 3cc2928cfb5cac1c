import Foundation
import Glibc

/// What a figure was measured on.
enum Machine {
    /// Processor, cores, memory and kernel, on one line.
    static let description: String = {
        let processor =
            value(after: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
        let memory = value(after: "MemTotal", in: "/proc/meminfo") ?? "unknown memory"
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: system.release) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return "\(processor), \(cores) cores, \(memory), Linux \(release)"
    }()

    /// Processor time that this process has used.
    static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    private static func value(after key: String, in path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
            let colon = line.firstIndex(of: ":")
        else { return nil }
        return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }

    /// 99th percentile in ms of appending `bytes` and fsyncing them, alone, in `folder`.
    static func fsyncP99(folder: String, bytes: Int, count: Int = 300) -> Double {
        let descriptor = open(folder + "/fsync", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x5a, count: bytes)
        var latencies = Latencies()
        let clock = ContinuousClock()
        for _ in 0..<count {
            let start = clock.now
            _ = write(descriptor, block, block.count)
            fdatasync(descriptor)
            latencies.add(clock.now - start)
        }
        return latencies.percentile(0.99)
    }
}

/// A temporary folder of one measurement.
struct BenchFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/cairn-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes the files in a folder and in the folders below it, which stay.
    static func removeFiles(below path: String) {
        let files = FileManager.default.enumerator(atPath: path)
        while let name = files?.nextObject() as? String {
            if files?.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                unlink(path + "/" + name)
            }
        }
    }
}
