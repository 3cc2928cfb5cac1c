import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP relay on this machine, which can keep back what clients send: as a network does that
/// delivers late, also after the client is gone.
final class Relay: Sendable {
    let port: Int
    private let listener: Int32
    private let shared: Shared

    /// Relays to a port of this machine.
    init(to target: Int) throws {
        port = try Network.freePort()
        let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = Socket.loopback(port: UInt16(port))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 64) == 0 else {
            throw Network.Problem(description: "the relay cannot listen: \(errno)")
        }
        let shared = Shared()
        self.shared = shared
        self.listener = listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let server = Relay.connect(to: target)
                guard server >= 0 else {
                    close(client)
                    continue
                }
                shared.add(Connection(client: client, server: server))
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        shared.end()
    }

    /// Keeps back what clients send from now on.
    func hold() { shared.hold(true) }

    /// Lets connections pass that come from now on; those that are held stay so.
    func pass() { shared.hold(false) }

    /// Lets all pass, and hands over what was kept back.
    func release() { shared.release() }

    /// The most that is kept back on one connection, in bytes.
    var heldBytes: Int { shared.heldBytes }

    private static func connect(to port: Int) -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Socket.loopback(port: UInt16(port))
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    private final class Shared: Sendable {
        private let state = Mutex((connections: [Connection](), holds: false))

        func add(_ connection: Connection) {
            state.withLock {
                connection.hold($0.holds)
                $0.connections.append(connection)
            }
            connection.start()
        }

        func hold(_ holds: Bool) {
            state.withLock {
                $0.holds = holds
                if holds { for connection in $0.connections { connection.hold(true) } }
            }
        }

        func release() {
            state.withLock {
                $0.holds = false
                for connection in $0.connections { connection.hold(false) }
            }
        }

        var heldBytes: Int { state.withLock { $0.connections.map(\.heldBytes).max() ?? 0 } }

        func end() { state.withLock { for connection in $0.connections { connection.end() } } }
    }

    /// One client and its connection to the server. The server hears of the client's end only when
    /// nothing is held.
    private final class Connection: Sendable {
        private struct State {
            var holds = false
            var held: [UInt8] = []
            var isClientGone = false
        }

        private let client: Int32
        private let server: Int32
        private let state = Mutex(State())

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        deinit {
            close(client)
            close(server)
        }

        var heldBytes: Int { state.withLock { $0.held.count } }

        func start() {
            Thread.detachNewThread { [self] in
                while let bytes = Connection.read(client) {
                    state.withLock { state in
                        state.held += bytes
                        pass(&state)
                    }
                }
                state.withLock { state in
                    state.isClientGone = true
                    pass(&state)
                }
            }
            Thread.detachNewThread { [self] in
                while let bytes = Connection.read(server) { Connection.write(client, bytes) }
                shutdown(client, Int32(SHUT_RDWR))
            }
        }

        func hold(_ holds: Bool) {
            state.withLock { state in
                state.holds = holds
                pass(&state)
            }
        }

        func end() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }

        private func pass(_ state: inout State) {
            guard !state.holds else { return }
            Connection.write(server, state.held)
            state.held = []
            if state.isClientGone { shutdown(server, Int32(SHUT_WR)) }
        }

        /// `nil` at the end.
        private static func read(_ descriptor: Int32) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count > 0 ? Array(buffer[..<count]) : nil
        }

        private static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
