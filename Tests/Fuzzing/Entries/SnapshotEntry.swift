import LedgerCore

/// A snapshot: the input as a file, and the input as the payloads of one, each with its length
/// before it, under digests that hold. Without those a fuzzer would never come beyond a digest.
enum SnapshotEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        let asFile = walk(bytes)
        return walk(framed(bytes)) || asFile
    }

    private static func walk(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        let walk = try? SnapshotWalk(
            read: { count in
                let part = Array(rest.prefix(count))
                rest = rest.dropFirst(count)
                return part
            }, visitor: SnapshotWalk.Visitor())
        guard var walk else { return false }
        return (try? walk.run()) != nil
    }

    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        var file = SnapshotFile.magic
        var previous = Digest.zero
        var rest = bytes[...]
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let payload = Array(rest.dropFirst(4).prefix(length))
            file += rest.prefix(4)
            file += payload
            previous = Domain.snapshot.digest(previous.bytes, payload)
            file += previous.bytes
            rest = rest.dropFirst(4 + payload.count)
        }
        return file + rest
    }
}
