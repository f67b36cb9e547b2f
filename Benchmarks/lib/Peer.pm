package Peer;

# What the benchmarks share: time, a web server with a canned answer, and the peer that does a watcher's work in Perl.
# Where the peer could be slower by our choice, it was made faster.

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_PROCESS_CPUTIME_ID);

our @EXPORT_OK = qw(answer choose compare get median row serve);

my @children;
END { local $?; kill 'KILL', @children if @children }

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}

# The median seconds of this process's own time that each of several subroutines takes; they take turns, so that what
# else the machine does is shared.
sub compare {
    my ($rounds, @subroutines) = @_;
    $_->() foreach @subroutines;
    my @seconds = map { [] } @subroutines;
    foreach (1 .. $rounds) {
        foreach my $index (0 .. $#subroutines) {
            my $start = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
            $subroutines[$index]->();
            push @{ $seconds[$index] }, clock_gettime(CLOCK_PROCESS_CPUTIME_ID) - $start;
        }
    }
    return map { median(@$_) } @seconds;
}

# One line of the table.
sub row {
    my (@cells) = @_;
    print '| ', join(' | ', @cells), " |\n";
    return;
}

# --- a repository ----------------------------------------------------------------------------------------------------

# What a MonALISA repository answers when so many masters of the original design advertise: one row of each, its Address.
sub answer {
    my ($masters) = @_;
    my $now = time;
    my @rows = map {
        my $node = 1234560000 + $_;
        sprintf '{"Farm":"CERN-L","Cluster":"PoD_Masters","Node":"%d","Parameter":"Address",'
            . '"Value":"master%d.example.org:21001","Timestamp":"%d"}', $node, $_, ($now - $_ % 50) * 1000
    } 1 .. $masters;
    return "{\"results\":[\n" . join(",\n", @rows) . "\n]}\n";
}

# Serves one body to everybody, by another process; keeps connections. Returns its port.
sub serve {
    my ($body) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 10) or die "TCP: $@";
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        @children = ();
        my $parent = getppid;
        my $bytes = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . length($body)
            . "\r\n\r\n" . $body;
        $SIG{CHLD} = 'IGNORE';
        while (my $client = $listener->accept) {
            next if fork;
            my $request = '';
            while (sysread $client, $request, 4096, length $request) {
                next if $request !~ /\r\n\r\n/;
                $request = '';
                my $sent = 0;
                $sent += syswrite($client, $bytes, length($bytes) - $sent, $sent) || last while $sent < length $bytes;
            }
            POSIX::_exit(0);
        }
        POSIX::_exit(0);
    }
    push @children, $pid;
    return $listener->sockport;
}

# --- the peer ----------------------------------------------------------------------------------------------------------

my %connections;

# The body of an answer, over a connection that is kept.
sub get {
    my ($port) = @_;
    my $socket = $connections{$port} ||= IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") || die "TCP: $@";
    syswrite $socket, "GET /rest/*/PoD_Masters/*/-60000/-1/Address HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        . "Accept: application/json\r\nUser-Agent: peer\r\n\r\n";
    my $bytes = '';
    my $length;
    while (!defined $length || length $bytes < $length) {
        sysread $socket, $bytes, 1 << 20, length $bytes or die 'the answer was cut off';
        $length = $+[0] + $1 if !defined $length && $bytes =~ /\r\nContent-Length: (\d+).*?\r\n\r\n/s;
    }
    return substr $bytes, index($bytes, "\r\n\r\n") + 4;
}

# host:port with a DNS name whose last label is no number. Possessive, for speed.
my $label = qr/[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*+/;
my $address = qr/\A(?:$label\.)*+(?![0-9]++:)$label:([1-9][0-9]{0,4})\z/;

sub is_address {
    my ($value) = @_;
    return $value =~ $address && $1 <= 65535 && (length $value < 65 || length $value < 260 && $value !~ /[^.:]{64}/);
}

# Reads an answer, with the checks that a watcher makes of each row, keeps the newest of each master, and chooses
# one.
sub choose {
    my ($json, $body) = @_;
    my $latest = (time + 2) * 1000;
    my (%newest, @skipped);
    foreach my $row (@{ $json->decode($body)->{results} }) {
        my ($farm, $cluster, $node, $parameter, $value, $timestamp) =
            @$row{qw(Farm Cluster Node Parameter Value Timestamp)};
        if (!defined $farm || !defined $parameter || !defined $value || $cluster ne 'PoD_Masters') {
            push @skipped, 'Cluster';
        }
        elsif ($timestamp !~ /\A\d{1,18}\z/ || $timestamp > $latest) {
            push @skipped, 'Timestamp';
        }
        elsif ($node !~ /\A[1-9]\d{0,18}\z/ || length $node == 19 && $node gt '9223372036854775807') {
            push @skipped, 'MasterJobId';
        }
        elsif ($parameter eq 'Address' && !is_address($value)) {
            push @skipped, 'Address';
        }
        else {
            my $known = $newest{$parameter}{$node};
            $newest{$parameter}{$node} = $row if !$known || $known->{Timestamp} < $timestamp;
        }
    }
    my ($addresses, $wanted) = @newest{qw(Address Wanted)};
    my $total = 0;
    $total += $wanted->{$_} ? $wanted->{$_}{Value} : 1 foreach keys %$addresses;
    my $place = rand $total;
    foreach my $node (keys %$addresses) {
        $place -= $wanted->{$node} ? $wanted->{$node}{Value} : 1;
        return $addresses->{$node} if $place < 0;
    }
    return;
}

1;
