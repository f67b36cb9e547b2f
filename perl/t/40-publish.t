use strict;
use warnings;

use AliEn::PoD;
use Fcntl qw(:flock);
use lib 't/lib';
use PoDTest qw(child_status decode error_of private_directory receiver repository spawn wait_for write_file);
use Test::More;
use Time::HiRes qw(time);

sub publisher {
    my ($receiver, %more) = @_;
    return AliEn::PoD::Publisher->new(
        master_job_id => '1234567890',
        address       => 'pod-master.example.org:22001',
        destinations  => [$receiver->address],
        %more
    );
}

subtest 'an advertisement' => sub {
    my $receiver = receiver();
    my $publisher = publisher($receiver, wanted => 10, share => '0.5');
    is($publisher->publish, 1, 'one datagram');
    my $datagram = decode($receiver->next);
    is($datagram->{cluster}, 'PoD_Masters', 'cluster');
    is($datagram->{node},    '1234567890',  'node');
    my $parameters = $datagram->{parameters};
    is($parameters->{Address},  'pod-master.example.org:22001', 'Address');
    is($parameters->{Host},     'pod-master.example.org',       'Host');
    is($parameters->{Port},     22001,                          'Port');
    is($parameters->{Wanted},   10,                             'Wanted');
    is($parameters->{Share},    0.5,                            'Share');
    is($parameters->{Protocol}, 'alien-pod/1',                  'Protocol');
    cmp_ok(abs($parameters->{Timestamp} - time), '<', 60, 'Timestamp');

    is($publisher->publish(wanted => 7), 1, 'another');
    my $second = decode($receiver->next);
    is($second->{parameters}{Wanted}, 7, 'with what was changed');
    is($second->{instance}, $datagram->{instance}, 'of the same instance');
    is($second->{sequence}, $datagram->{sequence} + 1, 'the next in sequence');
    is($publisher->datagrams, 2, 'both are counted');
};

subtest 'a withdrawal has no address' => sub {
    my $receiver = receiver();
    publisher($receiver)->publish(wanted => 0);
    my $parameters = decode($receiver->next)->{parameters};
    is($parameters->{Wanted}, 0, 'Wanted');
    ok(!exists $parameters->{Address}, 'no Address');
};

subtest 'a refused change leaves the rest as it was' => sub {
    my $receiver = receiver();
    my $publisher = publisher($receiver, wanted => 3);
    isa_ok(error_of(sub { $publisher->publish(wanted => 'many') }), 'AliEn::PoD::Error');
    is($publisher->publish, 1, 'it works on');
    is(decode($receiver->next)->{parameters}{Wanted}, 3, 'with the old value');
};

subtest 'several destinations' => sub {
    my @receivers = (receiver(), receiver());
    my $publisher = publisher($receivers[0], destinations => [map { $_->address } @receivers]);
    is($publisher->publish, 2, 'one datagram each');
    ok($_->next, 'arrived') foreach @receivers;
};

subtest 'a password goes into the header' => sub {
    my $receiver = receiver();
    publisher($receiver, destinations => [$receiver->address . ' secret'])->publish;
    like(decode($receiver->next)->{header}, qr/p:secret$/, 'header');
};

subtest 'ApMon configuration by file and by URL' => sub {
    my $receiver = receiver();
    my $text = "# destinations\n" . $receiver->address . "\n";
    my $file = write_file(private_directory() . '/apmon.conf', $text);
    is(publisher($receiver, destinations => [$file])->publish, 1, 'file');
    ok($receiver->next, 'arrived');
    my $server = repository()->answer($text, type => 'text/plain');
    is(publisher($receiver, destinations => [$server->url . '/apmon.conf'])->publish, 1, 'URL');
    ok($receiver->next, 'arrived');
    my $error = error_of(sub { publisher($receiver, destinations => ["$file.not"])->publish });
    cmp_ok($error, '==', 66, 'a file that is not there');
    like($error, qr/\Q$file.not\E/, '... is named');
};

subtest 'one destination that works is enough, and the other is told' => sub {
    my $receiver = receiver();
    my @log;
    my $publisher = publisher(
        $receiver,
        destinations => ['no-such-host.invalid:8884', $receiver->address],
        log          => sub { push @log, $_[0] }
    );
    is($publisher->publish, 1, 'sent');
    ok($receiver->next, 'arrived');
    like("@log", qr/no-such-host\.invalid/, 'told');
    my $error = error_of(sub { publisher($receiver, destinations => ['no-such-host.invalid:8884'])->publish });
    cmp_ok($error, '==', 69, 'none is an error');
};

subtest 'the rate limit holds back and is no error' => sub {
    my $receiver = receiver();
    my $publisher = publisher($receiver, rate => 2);
    my $sent = 0;
    $sent += $publisher->publish for 1 .. 200;
    cmp_ok($sent, '>', 0,   'some are sent');
    cmp_ok($sent, '<', 200, 'not all');
};

# A process that holds a status file as a master does.
sub master {
    my ($file, %status) = @_;
    my $pid = spawn(
        sub {
            open my $lock, '>', "$file.new" or die "$file.new: $!";
            flock $lock, LOCK_EX or die "flock: $!";
            print $lock status_text(%status);
            $lock->flush;
            rename "$file.new", $file or die "rename: $!";
            sleep 60;
            return 0;
        });
    wait_for(10, sub { -e $file });
    return $pid;
}

sub status_text {
    my (%status) = @_;
    my $phase = $status{phase} || 'running';
    return <<"JSON";
{"masterJobId":"77","phase":"$phase","epoch":"1","sequence":"1","advertisement":[
{"name":"Address","type":"string","value":"head.example.org:21001"},{"name":"Wanted","type":"int32","value":4}],
"workers":{"wanted":4,"leased":0,"registered":0},"details":{}}
JSON
}

subtest 'a killed master ends its publisher' => sub {
    my $receiver = receiver();
    my $file = private_directory() . '/status.json';
    my $master = master($file);
    my $directory = private_directory();
    my $publisher = spawn(
        sub {
            my $reason = AliEn::PoD::Publisher->new(destinations => [$receiver->address])->run(status_file => $file);
            write_file("$directory/reason", $reason);
            return 0;
        });
    my $datagram = decode($receiver->next(10));
    is($datagram->{node}, 77, 'what the master put there is sent');
    is($datagram->{parameters}{Address}, 'head.example.org:21001', 'as it is');
    kill 'KILL', $master;
    is(child_status($publisher, 10), 0, 'it ends with its master');
    like(PoDTest::read_file("$directory/reason"), qr/nobody holds the lock of \Q$file\E/, 'and says why');
};

subtest 'a status file without a master' => sub {
    my $receiver = receiver();
    my $directory = private_directory();
    my $run = sub { AliEn::PoD::Publisher->new(destinations => [$receiver->address])->run(status_file => $_[0]) };
    like($run->("$directory/none"), qr/is not there/, 'none');
    like($run->(write_file("$directory/unlocked", status_text())), qr/nobody holds the lock/, 'not locked');
    my $old = "$directory/old";
    my $master = master($old);
    utime time - 60, time - 60, $old;
    like($run->($old), qr/has not been written/, 'not written for long');
    my $ended = "$directory/ended";
    master($ended, phase => 'ended');
    like($run->($ended), qr/has ended/, 'ended');
    open my $lock, '>', "$directory/broken" or die;
    flock $lock, LOCK_EX;
    print $lock '{"masterJobId":';
    $lock->flush;
    my $held = spawn(sub { sleep 60; 0 });
    my $error = error_of(sub { $run->("$directory/broken") });
    cmp_ok($error, '==', 65, 'no status file');
    like($error, qr/broken/, '... is named');
    ok(!$receiver->next(0.2), 'nothing was sent for any of them');
};

done_testing;
