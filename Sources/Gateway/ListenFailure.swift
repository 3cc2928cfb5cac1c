import NIOCore
import NIOPosix

/// The address could not be listened on.
package struct ListenFailure: Error, CustomStringConvertible, Sendable {
    package let host: String
    package let port: Int
    package let errnoCode: CInt

    package var description: String { "cannot listen on \(host):\(port) (errno \(errnoCode))" }

    /// Takes the address for a moment, to find out at once what would fail later.
    ///
    /// - Throws: `ListenFailure`, or `SocketAddressError.UnknownHost`.
    package static func requireFree(host: String, port: Int) async throws {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
            try await channel.close()
        } catch let error as IOError {
            throw ListenFailure(host: host, port: port, errnoCode: error.errnoCode)
        }
    }
}
