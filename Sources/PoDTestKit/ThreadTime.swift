import Glibc

/// The processor time of the thread that asks: what other tests do meanwhile does not count.
public enum ThreadTime {
    public static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
