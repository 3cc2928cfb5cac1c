/// The value types behind `SimulatedDisk`: what is there now, and what a crash may leave.

struct SimulatedDiskState {
    var files: [String: SimulatedContent] = [:]
    /// Removed names whose folder was not synced since.
    var removed: [String: SimulatedContent] = [:]
    var capacityBytes: UInt64
    var syncFailures = 0
    var syncCount = 0

    init(capacityBytes: UInt64) { self.capacityBytes = capacityBytes }

    /// The size of all files but one.
    func usedBytes(besides content: SimulatedContent) -> UInt64 {
        files.values.reduce(0) { $0 + UInt64($1.bytes.count) } - UInt64(content.bytes.count)
    }

    mutating func crash(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for name in removed.keys.sorted() where Bool.random(using: &generator) {
            if files[name] == nil { files[name] = removed[name] }
        }
        removed = [:]
        for name in files.keys.sorted() {
            guard var content = files[name] else { continue }
            if !content.nameIsDurable, Bool.random(using: &generator) {
                files[name] = nil
                continue
            }
            content.crash(using: &generator)
            // It was found on the disk.
            content.nameIsDurable = true
            files[name] = content
        }
    }
}

/// One file: its bytes now, its bytes at the last sync, and the sectors written in between.
struct SimulatedContent {
    private(set) var bytes: [UInt8] = []
    private var durable: [UInt8] = []
    private var dirtySectors: Set<Int> = []
    var nameIsDurable = false

    init() {}

    init(durable bytes: [UInt8]) {
        self.bytes = bytes
        durable = bytes
        nameIsDurable = true
    }

    mutating func write(_ new: ArraySlice<UInt8>, at offset: Int) {
        guard !new.isEmpty else { return }
        lengthen(to: offset + new.count)
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
        mark(offset..<offset + new.count)
    }

    mutating func truncate(to size: Int) {
        if size < bytes.count {
            mark(size..<bytes.count)
            bytes.removeLast(bytes.count - size)
        } else {
            lengthen(to: size)
        }
    }

    mutating func sync() {
        durable = bytes
        dirtySectors = []
    }

    mutating func flip(offset: Int, bit: Int) {
        if offset < bytes.count { bytes[offset] ^= 1 << UInt8(bit) }
        if offset < durable.count { durable[offset] ^= 1 << UInt8(bit) }
    }

    /// Each unsynced sector is old or new, on its own; the size lies between the old and the new.
    mutating func crash(using generator: inout SeededGenerator) {
        guard !dirtySectors.isEmpty || bytes.count != durable.count else { return }
        let sizes = min(bytes.count, durable.count)...max(bytes.count, durable.count)
        var result = [UInt8](repeating: 0, count: Int.random(in: sizes, using: &generator))
        // Now and then all or nothing: those are the common cases on real machines.
        let keepOneIn = [1, 2, 2, 2, 4, .max].randomElement(using: &generator) ?? 2
        if Int.random(in: 0..<4, using: &generator) == 0 {
            result = [UInt8](repeating: 0, count: sizes.upperBound)
        }
        for start in stride(from: 0, to: result.count, by: SimulatedDisk.sectorBytes) {
            let isDirty = dirtySectors.contains(start / SimulatedDisk.sectorBytes)
            let isNew = keepOneIn == 1 || Int.random(in: 0..<keepOneIn, using: &generator) == 0
            let source = isDirty && !isNew ? durable : bytes
            let end = min(start + SimulatedDisk.sectorBytes, result.count, source.count)
            if start < end { result.replaceSubrange(start..<end, with: source[start..<end]) }
        }
        self = SimulatedContent(durable: result)
    }

    private mutating func lengthen(to size: Int) {
        guard size > bytes.count else { return }
        mark(bytes.count..<size)
        bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
    }

    private mutating func mark(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let first = range.lowerBound / SimulatedDisk.sectorBytes
        let last = (range.upperBound - 1) / SimulatedDisk.sectorBytes
        for sector in first...last { dirtySectors.insert(sector) }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
