/// The few calls that the chain makes on a disk: `RealDisk` (POSIX) and `SimulatedDisk` (memory,
/// with seeded faults). Paths are plain strings with `/`.
///
/// Contract of both:
/// - Nothing is durable before the `sync()` of its file returns; a new or removed name not before
///   `syncDirectory(_:)` returns.
/// - After a crash each 512-byte sector written since the last `sync()` may be old or new, each on
///   its own, and the file may have any size between the durable and the newest one.
/// - After a failed `sync()` what was written before it MUST be taken as lost: a later `sync()`
///   that succeeds says nothing about it.
package protocol Disk: Sendable {
    /// Makes the folder and those above it; does nothing where it exists.
    func createDirectory(_ path: String) throws(DiskError)

    /// The names in a folder, sorted by their bytes; none if the folder does not exist.
    func list(_ directory: String) throws(DiskError) -> [String]

    /// Opens a file; `.create` fails if it exists.
    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile

    /// Removes a file; a file already absent is no error.
    func remove(_ path: String) throws(DiskError)

    /// Makes names created in or removed from the folder durable.
    func syncDirectory(_ path: String) throws(DiskError)
}

/// An open file. All calls MAY be made from any threads at once; it closes with its last reference.
package protocol DiskFile: AnyObject, Sendable {
    /// The size in bytes.
    func size() throws(DiskError) -> UInt64

    /// Fills `buffer` from `offset` on; fewer bytes only at the file's end.
    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int

    /// Writes all of `bytes` at `offset`, or throws having written an unknown part of them.
    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError)

    /// Cuts the file, or lengthens it with zeros.
    func truncate(to size: UInt64) throws(DiskError)

    /// Waits until all written before is durable (`fdatasync`).
    func sync() throws(DiskError)
}

package enum DiskOpenMode: Sendable {
    case read
    case readWrite
    case create
}

/// A failed call on a disk, with the path and never any content.
package struct DiskError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        case notFound
        case exists
        /// No space or quota left.
        case full
        /// Anything else, with the system's number.
        case failed(Int32)
    }

    package let code: Code
    package let operation: String
    package let path: String

    package init(_ code: Code, operation: String, path: String) {
        self.code = code
        self.operation = operation
        self.path = path
    }

    package var description: String { "disk: \(operation) \(path): \(code)" }
}

extension DiskFile {
    /// The `count` bytes at `offset`, fewer only at the file's end.
    func read(at offset: UInt64, count: Int) throws(DiskError) -> [UInt8] {
        var failure: DiskError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(DiskError) {
                filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func write(at offset: UInt64, _ bytes: [UInt8]) throws(DiskError) {
        var failure: DiskError?
        bytes.withUnsafeBytes { buffer in
            do throws(DiskError) { try write(at: offset, buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
