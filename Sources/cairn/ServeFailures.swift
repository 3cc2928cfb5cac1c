import Gateway
import Glibc
import Identity
import NIOCore
import Node

/// Why a node does not start, in words.
extension CommandFailure {
    /// The address cannot be listened on.
    ///
    /// - Parameter option: which one names it.
    init(_ failure: ListenFailure, option: String) {
        let place = "\(failure.host):\(failure.port)"
        switch failure.errnoCode {
        case EADDRINUSE:
            self.init(
                .server, "cannot-listen",
                "cannot listen on \(place): another program uses the port",
                hint: "stop it, or name another port with \(option) HOST:PORT")
        case EACCES:
            self.init(
                .server, "cannot-listen", "cannot listen on \(place): this user may not",
                hint: "name a port from 1024 up with \(option) HOST:PORT")
        default:
            let reason = String(cString: strerror(failure.errnoCode))
            self.init(
                .server, "cannot-listen", "cannot listen on \(place): \(reason)",
                hint: "name an address of this machine with \(option) HOST:PORT")
        }
    }

    /// The host has no address.
    init(_ error: SocketAddressError.UnknownHost, option: String) {
        self.init(
            .server, "cannot-listen",
            "cannot listen on \(error.host):\(error.port): the name does not resolve",
            hint: "name an address of this machine with \(option) HOST:PORT")
    }

    /// The node's own keys are missing or not as they were written: like every missing part of a
    /// data directory, they come back from a backup alone.
    init(keys error: KeyFileError) {
        switch error.code {
        case .notFound, .damaged, .wrongKind:
            self.init(
                .checkFailed, error.code.rawValue, "\(error.path): \(error.message)",
                hint: "restore the folder of keys from your backup; nothing else opens the data")
        default: self.init(error)
        }
    }
}

/// The folder of `cairn serve --data`, looked at before anything is written to it.
enum DataFolder {
    /// What may lie in a folder in which a network is founded: the file system's own.
    private static let foreignAllowed: Set<String> = ["lost+found"]

    /// Refuses what is no folder, and a folder of other things.
    ///
    /// - Throws: `CommandFailure` with status 2.
    static func check(_ path: String) throws {
        let directory = DataDirectory(path)
        do {
            try FileSystem.makeDirectory(directory.path, mode: 0o700)
        } catch let error as NodeError {
            let exit: CommandStatus = error.code == .storageFull ? .checkFailed : .usage
            throw CommandFailure(
                exit, error.code.rawValue, error.message,
                hint: error.hint ?? "name a folder with --data DIR")
        }
        guard isFolder(directory.path) else {
            throw CommandFailure.usage(
                "\(path) is a file, not a folder", hint: "name a folder with --data DIR")
        }
        guard !FileSystem.exists(directory.genesis), !FileSystem.exists(directory.chain),
            !FileSystem.exists(directory.membership)
        else {
            return
        }
        let names: [String]
        do {
            names = try FileSystem.names(in: directory.path)
        } catch let error as NodeError {
            throw CommandFailure.usage(error.message, hint: error.hint ?? "")
        }
        let foreign = names.first { !$0.hasPrefix(".") && !foreignAllowed.contains($0) }
        if let foreign {
            throw CommandFailure.usage(
                "\(path) is no data directory, but holds other things, such as \(foreign)",
                hint: "name the data directory, or an empty or new folder, with --data DIR")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
