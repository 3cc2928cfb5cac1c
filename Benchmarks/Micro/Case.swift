import Crypto

/// One thing that is measured.
struct Case {
    let name: String
    /// Operations that one call of `run` does; times are given for one.
    let operations: Int
    /// Bytes that one operation works on; 0 where they do not matter.
    let bytes: Int
    /// What cannot be left out of one operation.
    let bound: Bound
    let run: () throws -> Void

    init(
        _ name: String, operations: Int = 1, bytes: Int = 0, bound: Bound,
        _ run: @escaping () throws -> Void
    ) {
        self.name = name
        self.operations = operations
        self.bytes = bytes
        self.bound = bound
        self.run = run
    }
}

/// The least that an operation takes: the library's own work for it, measured between the rounds of
/// the operation itself.
struct Bound {
    let name: String
    let run: () throws -> Void

    init(_ name: String, _ run: @escaping () throws -> Void) {
        self.name = name
        self.run = run
    }

    /// Reading and writing so many bytes once.
    static func copy(_ count: Int) -> Bound {
        let bytes = [UInt8](repeating: 0x5a, count: count)
        return Bound("copy") {
            keep(
                [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
                    buffer.baseAddress?.update(from: bytes, count: count)
                    size = count
                })
        }
    }

    /// SHA-256 over so many bytes, so many times.
    static func sha256(_ count: Int, times: Int = 1) -> Bound {
        let bytes = [UInt8](repeating: 0x5a, count: count)
        let name = times == 1 ? "SHA-256" : "\(times) SHA-256"
        return Bound(name) { for _ in 0..<times { keep(SHA256.hash(data: bytes)) } }
    }
}

/// Takes a result, so that the compiler cannot leave its computation out.
@inline(never)
@_optimize(none)
func keep<Value>(_ value: Value) {}

/// What is measured must work: a case whose result is wrong ends the run.
enum Expect {
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    static func that(_ holds: Bool, _ what: String) throws {
        guard holds else { throw Broken(description: "does not hold: \(what)") }
    }
}
