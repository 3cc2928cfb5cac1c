import Storage

/// A simulated disk on a machine that may lose power with any call.
final class FaultyDisk: Disk {
    let disk: SimulatedDisk
    let power: Power
    private let mutant: Mutant?

    init(_ disk: SimulatedDisk, power: Power, mutant: Mutant?) {
        self.disk = disk
        self.power = power
        self.mutant = mutant
    }

    func createDirectory(_ path: String) throws(DiskError) { try disk.createDirectory(path) }

    func list(_ directory: String) throws(DiskError) -> [String] {
        try power.read(directory) { () throws(DiskError) in try disk.list(directory) }
    }

    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        let file: any DiskFile
        if mode == .create {
            file = try power.call("create", path) { () throws(DiskError) in
                try disk.open(path, mode)
            }
        } else {
            file = try power.read(path) { () throws(DiskError) in try disk.open(path, mode) }
        }
        return FaultyFile(file, path: path, power: power, mutant: mutant, mode: mode)
    }

    func remove(_ path: String) throws(DiskError) {
        try power.call("remove", path) { () throws(DiskError) in try disk.remove(path) }
    }

    func syncDirectory(_ path: String) throws(DiskError) {
        try power.call("sync folder", path) { () throws(DiskError) in
            try disk.syncDirectory(path)
        }
    }
}

private final class FaultyFile: DiskFile {
    private let file: any DiskFile
    private let path: String
    private let power: Power
    private let mutant: Mutant?
    /// `lost-tail`: what a file that was opened again says of its size.
    private let hiddenBytes: UInt64

    init(
        _ file: any DiskFile, path: String, power: Power, mutant: Mutant?, mode: DiskOpenMode
    ) {
        self.file = file
        self.path = path
        self.power = power
        self.mutant = mutant
        hiddenBytes = mutant == .lostTail && mode == .readWrite ? 1 : 0
    }

    func size() throws(DiskError) -> UInt64 {
        let size = try power.read(path) { () throws(DiskError) in try file.size() }
        return size - min(size, hiddenBytes)
    }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Int {
        guard power.isOn else { return try power.read(path) { () throws(DiskError) in 0 } }
        return try file.read(at: offset, into: buffer)
    }

    func write(at offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        try power.call("write", path) { () throws(DiskError) in
            try file.write(at: offset, bytes)
        }
    }

    func truncate(to size: UInt64) throws(DiskError) {
        try power.call("truncate", path) { () throws(DiskError) in try file.truncate(to: size) }
    }

    func sync() throws(DiskError) {
        try power.call("sync", path) { () throws(DiskError) in
            if mutant != .missingFsync { try file.sync() }
        }
    }
}
