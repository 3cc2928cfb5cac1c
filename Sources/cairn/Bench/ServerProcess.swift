import CairnClient
import Foundation
import Identity

/// `cairn serve` as a process of its own, on any free port.
final class ServerProcess {
    private let process = Process()
    let url: String
    let wallet: String

    init(data: String) throws {
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = [UInt8]()
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a {
            line.append(byte)
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("ready ") else {
            process.terminate()
            throw CommandFailure(
                .server, "cannot-start", "the server did not start",
                hint: "see what `cairn serve --data DIR` says")
        }
        url = String(text.dropFirst("ready ".count))
        wallet = data + "/wallets/administrator.wallet"
    }

    /// Where it listens.
    func address() throws -> ServerAddress {
        guard let address = ServerAddress(url) else {
            throw CommandFailure(
                .server, "cannot-start", "the server said no address", hint: "run it again")
        }
        return address
    }

    /// Its administrator's wallet, which has no passphrase.
    func administrator() throws -> Wallet {
        try WalletFile.read(wallet).unlock(passphrase: nil)
    }

    /// Its resident memory now.
    func residentKilobytes() throws -> Int {
        let status = try String(
            contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    /// Stops it and waits.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
