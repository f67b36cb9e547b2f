package PoDTest;

# What the tests share: a UDP receiver, a web server with a given answer, processes that are cleaned up.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes ();

our @EXPORT_OK = qw(alien_pod child_status decode error_of json_rows private_directory read_file receiver repository
    run_perl script slow_server spawn start_monitor stop strict wait_for write_file);

my $main_pid = $$;
my @children;

END {
    if ($$ == $main_pid) {
        local $?;
        kill 'KILL', @children;
        waitpid $_, 0 foreach @children;
    }
}

# Whether a part that is missing is a failure, as it is under bin/test.
sub strict { $ENV{ALIEN_POD_TEST_STRICT} }

# The program to test with; undef if it isn't built.
sub alien_pod {
    my $top = dirname(dirname(dirname(dirname(abs_path(__FILE__)))));
    my $program = $ENV{ALIEN_POD} || "$top/.build/release/alien-pod";
    return -x $program ? $program : undef;
}

# A script of ours, as it was built.
sub script { return 'blib/script/' . $_[0] }

sub private_directory {
    my $directory = tempdir('alien-pod-test-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0700, $directory or die "chmod $directory: $!";
    return $directory;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or return undef;
    binmode $file;
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    binmode $file;
    print $file $text or die "$path: $!";
    close $file or die "$path: $!";
    return $path;
}

# Runs a subroutine in a process of its own; without one, gives the process that was made by the caller to the clean-up.
sub spawn {
    my ($code) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' foreach qw(INT TERM ALRM);
        my $status = eval { $code->() };
        print STDERR $@ if !defined $status;
        POSIX::_exit(defined $status ? $status : 99);
    }
    push @children, $pid;
    return $pid;
}

# How a process ended, as $? has it; undef if it didn't within the seconds.
sub child_status {
    my ($pid, $seconds) = @_;
    my $status;
    wait_for(defined $seconds ? $seconds : 20, sub { waitpid($pid, POSIX::WNOHANG()) == $pid ? defined($status = $?) : 0 });
    @children = grep { $_ != $pid } @children if defined $status;
    return $status;
}

sub stop {
    my ($pid) = @_;
    kill 'TERM', $pid;
    my $status = child_status($pid, 10);
    return $status if defined $status;
    kill 'KILL', $pid;
    return child_status($pid, 10);
}

# Asks until the answer is true or the seconds are over.
sub wait_for {
    my ($seconds, $condition) = @_;
    my $deadline = Time::HiRes::time() + $seconds;
    while (Time::HiRes::time() < $deadline) {
        my $answer = $condition->();
        return $answer if $answer;
        Time::HiRes::sleep(0.02);
    }
    return $condition->();
}

# The output (both streams) and the status of a perl with our modules.
sub run_perl {
    my (@arguments) = @_;
    my $pid = open my $output, '-|';
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        alarm 60;
        no warnings 'exec';
        exec $^X, '-Mblib', @arguments;
        POSIX::_exit(127);
    }
    local $/;
    my $text = <$output>;
    close $output;
    $text = '' if !defined $text;
    $text =~ s/^Using .*blib\n//mg;
    return ($text, $?);
}

# What a subroutine dies with.
sub error_of {
    my ($code) = @_;
    local $@;
    return eval { $code->(); 1 } ? undef : $@;
}

# --- UDP -------------------------------------------------------------------------------------------------------------

{

    package PoDTest::Receiver;

    sub address { return '127.0.0.1:' . $_[0]{socket}->sockport }

    # The next datagram; undef if none comes within the seconds.
    sub next {
        my ($self, $seconds) = @_;
        my $ready = '';
        vec($ready, fileno($self->{socket}), 1) = 1;
        return undef if select($ready, undef, undef, defined $seconds ? $seconds : 5) < 1;
        $self->{socket}->recv(my $bytes, 65536);
        return $bytes;
    }
}

sub receiver {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'udp') or die "UDP: $@";
    return bless { socket => $socket }, 'PoDTest::Receiver';
}

# An ApMon datagram as a hash, read by the rules of XDR and not by our library.
sub decode {
    my ($bytes) = @_;
    my $at = 0;
    my $number = sub { my $value = unpack 'N', substr $bytes, $at, 4; $at += 4; return $value };
    my $string = sub {
        my $length = $number->();
        my $text = substr $bytes, $at, $length;
        $at += ($length + 3) & ~3;
        return $text;
    };
    my %datagram = (
        header   => $string->(),
        instance => $number->(),
        sequence => $number->(),
        cluster  => $string->(),
        node     => $string->(),
    );
    foreach (1 .. $number->()) {
        my $name = $string->();
        my $type = $number->();
        if    ($type == 0) { $datagram{parameters}{$name} = $string->() }
        elsif ($type == 2) { $datagram{parameters}{$name} = unpack 'l', pack 'l', $number->() }
        elsif ($type == 5) { $datagram{parameters}{$name} = unpack 'd>', substr $bytes, $at, 8; $at += 8 }
        else               { die "type $type of $name" }
    }
    die 'bytes are left' if $at != length $bytes;
    return \%datagram;
}

# --- HTTP ------------------------------------------------------------------------------------------------------------

{

    package PoDTest::Repository;

    sub url { $_[0]{url} }

    # Sets what is answered from now on, at `time` if given; with `repeat` the body comes so often, and its length is told only by `length`.
    sub answer {
        my ($self, $body, %options) = @_;
        my $head = 'HTTP/1.1 ' . ($options{status} || '200 OK') . "\r\nContent-Type: "
            . ($options{type} || 'application/json') . "\r\nConnection: close\r\nDate: " . http_date($options{time}) . "\r\n";
        my $length = defined $options{length} ? $options{length} : defined $options{repeat} ? undef : length $body;
        $head .= "Content-Length: $length\r\n" if defined $length;
        $head .= "X-Repeat: $options{repeat}\r\n" if defined $options{repeat};
        PoDTest::write_file("$self->{file}.new", "$head\r\n$body");
        rename "$self->{file}.new", $self->{file} or die "rename: $!";
        return $self;
    }

    sub http_date {
        my ($time) = @_;
        my @names = qw(Sun Mon Tue Wed Thu Fri Sat);
        my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
        my @t = gmtime(defined $time ? $time : time);
        return sprintf '%s, %02d %s %d %02d:%02d:%02d GMT', $names[$t[6]], $t[3], $months[$t[4]], 1900 + $t[5], @t[2, 1, 0];
    }

    sub serve {
        my ($self, $client) = @_;
        alarm 60;
        my $request = '';
        while (defined(my $line = <$client>)) {
            $line =~ s/\r//;
            $request .= $line;
            last if $line eq "\n";
        }
        return if $request eq '';
        open my $log, '>>', "$self->{file}.log" or die "$self->{file}.log: $!";
        print $log $request;
        close $log;
        my ($head, $body) = split /(?<=\r\n\r\n)/, PoDTest::read_file($self->{file}), 2;
        print $client $head;
        my $times = $head =~ /^X-Repeat: (\d+)/m ? $1 : 1;
        while ($times-- > 0 && print {$client} defined $body ? $body : '') { }
        close $client;
        return;
    }

    # The requests so far, one text each.
    sub requests {
        my ($self) = @_;
        my $text = PoDTest::read_file("$self->{file}.log");
        return defined $text ? split /(?<=\n)\n/, $text : ();
    }
}

# A web server on the loopback that gives one answer to everything.
sub repository {
    my ($directory) = (private_directory());
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 50, ReuseAddr => 1)
        or die "TCP: $@";
    my $self = bless { file => "$directory/answer", url => 'http://127.0.0.1:' . $listener->sockport },
        'PoDTest::Repository';
    $self->answer(json_rows());
    $self->{pid} = spawn(
        sub {
            # One process for each connection: one that is idle must not hold up the others.
            local @SIG{qw(PIPE CHLD)} = ('IGNORE', 'IGNORE');
            my $select = IO::Select->new($listener);
            while (getppid == $main_pid) {
                my $client = $select->can_read(1) && $listener->accept or next;
                my $pid = fork;
                next if $pid;
                $self->serve($client);
                POSIX::_exit(0);
            }
            return 0;
        });
    return $self;
}

# A server that takes requests and never answers.
sub slow_server {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 50) or die "TCP: $@";
    return ($listener, 'http://127.0.0.1:' . $listener->sockport);
}

# An answer of the repository: [node, parameter, value, age in s, farm, cluster] each.
sub json_rows {
    my (@rows) = @_;
    my @texts = map {
        my ($node, $parameter, $value, $age, $farm, $cluster) = @$_;
        sprintf '{"Farm":"%s","Cluster":"%s","Node":"%s","Parameter":"%s","Value":"%s","Timestamp":"%.0f"}',
            defined $farm ? $farm : 'CERN', defined $cluster ? $cluster : 'PoD_Masters', $node, $parameter, $value,
            (time - ($age || 0)) * 1000;
    } @rows;
    return "{\"results\":[\n" . join(",\n", @texts) . "\n]}";
}

# --- the real monitor --------------------------------------------------------------------------------------------------

# Starts `alien-pod monitor` on free ports: its process and its two addresses; nothing if it isn't built.
sub start_monitor {
    my $program = alien_pod() or return;
    my $directory = private_directory();
    my $pid = spawn(
        sub {
            open STDIN,  '<', '/dev/null';
            open STDOUT, '>', "$directory/out";
            open STDERR, '>', "$directory/err";
            no warnings 'exec';
            exec $program, 'monitor', '--udp', '127.0.0.1:0', '--http', '127.0.0.1:0', '--farm', 'TEST';
            return 127;
        });
    my $text = '';
    my $is_up = wait_for(
        20,
        sub {
            $text = join '', grep { defined } map { read_file("$directory/$_") } qw(out err);
            return (() = $text =~ /127\.0\.0\.1:[1-9]\d*/g) >= 2;
        });
    if (!$is_up) {
        stop($pid);
        die "alien-pod monitor did not start: $text\n";
    }
    my ($udp)  = $text =~ /udp\W.*?(127\.0\.0\.1:[1-9]\d*)/i;
    my ($http) = $text =~ /http\W.*?(127\.0\.0\.1:[1-9]\d*)/i;
    die "alien-pod monitor said: $text\n" if !$udp || !$http;
    return { pid => $pid, udp => $udp, url => "http://$http" };
}

1;
