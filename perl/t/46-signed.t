use strict;
use warnings;

use AliEn::PoD;
use JSON::PP qw(decode_json);
use lib 't/lib';
use PoDTest qw(error_of private_directory read_file repository write_file);
use Test::More;

# The test vectors of docs/tickets.md: a session's ticket with its user's, and a proof, at a time when they are good.
my $now = 1795600600;
my $vo_key = 'iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=';
my $other_key = 'gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=';
my $session_thumbprint = 'nRIE2VmKdMjL1JD7tbV7fXVgXxmv0GKnMFWRUJMTf9Q';
my $user_ticket = ''
    . 'eyJhbGciOiJFZERTQSIsInR5cCI6InBvZC10aWNrZXQifQ.eyJpc3MiOiJhbGljZSIsInN1YiI6ImFsaXByb2QiLCJyb2xlIjoid'
    . 'XNlciIsIm5iZiI6MTc5NTYwMDAwMCwiZXhwIjoxNzk2MjA0ODAwLCJ3b3JrZXJzIjo1MDAsImNuZiI6eyJqd2siOnsia3R5IjoiT'
    . '0tQIiwiY3J2IjoiRWQyNTUxOSIsIngiOiJnVGwzRHFoOUYxOVdvMVJtdzB4LXpNdU5pcEcwN2plaVhmWVBXNF9KczVRIn19fQ.CT'
    . 'WFeY23-EDjFx7UdPM2mNUUgmW1qknTef28SFk8-cg7Gy4oC5JVGyy9EYStuJXNmO0WMCTiOeDpSivWKuLxCQ';
my $session_ticket = ''
    . 'eyJhbGciOiJFZERTQSIsInR5cCI6InBvZC10aWNrZXQifQ.eyJzdWIiOiIwMTIzNDU2Nzg5YWJjZGVmIiwicm9sZSI6Im1hc3Rlc'
    . 'iIsIm5iZiI6MTc5NTYwMDA2MCwiZXhwIjoxNzk1NjQzMjAwLCJ3b3JrZXJzIjoxMDAsImNuZiI6eyJqd2siOnsia3R5IjoiT0tQI'
    . 'iwiY3J2IjoiRWQyNTUxOSIsIngiOiI3VWtveGlqUndzYnE2UU00a0ZtVllTbFpKenBjWV9rMk5zRkdGS3lITjlFIn19fQ.nP0YKr'
    . 'sFEZnN0jmR_FHGwEnSW7FKzDJ72GtC0K37SDNmEBbkniPrdJ20f8v9v_DO81CFNuw3tEy_V1_npoF4Cw';
my $proof = ''
    . 'eyJhbGciOiJFZERTQSIsInR5cCI6InBvZC1hZHZlcnRpc2VtZW50In0.eyJzdWIiOiIxMjM0NTY3ODkwIiwiYWRkcmVzcyI6Indu'
    . 'MTIzLmNlcm4uY2g6MjEwMDEiLCJlcG9jaCI6MTc5NTYwMDAwMDAwMCwic2VxIjoxMiwiaWF0IjoxNzk1NjAwNjAwLCJ3YW50ZWQi'
    . 'OjEwMCwic2hhcmUiOiIwLjAwMDEyMyIsInByb3RvY29sIjoiYWxpZW4tcG9kLzEifQ.zbXjVVKLdt1WljFw4ZjEquBYBshOkLHP0'
    . '0JQiQtrBKoCViarRiiZcZ2Qr6Eu1jrXstPKe7swUr3tYuLmDqeNBA';
my $ticket = "$session_ticket~$user_ticket";

sub rows {
    my ($node, %values) = @_;
    my @rows = map {
        sprintf '{"Farm":"CERN","Cluster":"PoD_Masters","Node":"%s","Parameter":"%s","Value":"%s","Timestamp":"%d"}',
            $node, $_, $values{$_}, ($now - 5) * 1000
    } sort keys %values;
    return '{"results":[' . join(',', @rows) . ']}';
}

sub look {
    my ($answer, %more) = @_;
    my @log;
    my $repository = repository()->answer($answer, time => $now);
    my $found = AliEn::PoD::Watcher->new(
        repository  => $repository->url, master_job_id => 1234567890, user => 'poduser', trusted_key => $vo_key,
        log         => sub { push @log, $_[0] },
        %more
    )->check;
    return ($found, "@log");
}

subtest 'a signed advertisement is believed, and every value is the signed one' => sub {
    my $directory = private_directory();
    my ($found, $log) = look(
        rows(1234567890, Ticket => $ticket, Proof => $proof, Address => 'evil.org:1', Wanted => 0, Protocol => 'x'),
        directory => $directory);
    is($found->{address}, 'wn123.cern.ch:21001', 'address');
    is($found->{wanted},  100,                   'wanted');
    is($found->{owner},   'aliprod',             'whose it is');
    is($log,              '',                    'nothing to be warned of');
    is(read_file($found->{server_info}), "[server]\nhost=wn123.cern.ch\nuser=poduser\nport=21001\n\n", 'server_info.cfg');
    my $document = decode_json(read_file($found->{server_info_json}));
    is($document->{key}, $session_thumbprint, "the session's key, which a worker pins");
    is($document->{owner}, 'aliprod', 'the owner');
};

subtest 'what is not signed as it has to be' => sub {
    (my $spoiled = $proof) =~ s/.(?=.\z)/$& eq 'A' ? 'B' : 'A'/e;
    foreach my $case (
        ['a proof with another signature', [Ticket => $ticket, Proof => $spoiled], {}, qr/not signed by the ticket's holder/],
        ['no ticket', [Proof => $proof], {}, qr/expected an advertisement with Ticket and Proof/],
        ['no proof', [Ticket => $ticket, Address => 'a.example:1'], {}, qr/not signed/],
        ['a user ticket', [Ticket => $user_ticket, Proof => $proof], {}, qr/expected one for a master/],
        ['another trusted key', [Ticket => $ticket, Proof => $proof], { trusted_key => $other_key }, qr/trusted keys/],
        ['no trusted key', [Ticket => $ticket, Proof => $proof], { trusted_key => undef }, qr/trusted keys/],
        ['a revoked key', [Ticket => $ticket, Proof => $proof], { revoked => [$session_thumbprint] }, qr/revoked/],
        )
    {
        my ($name, $values, $more, $reason) = @$case;
        my $directory = private_directory();
        my ($found, $log) = look(rows(1234567890, @$values), directory => $directory, %$more);
        is($found, undef, "$name: not believed");
        like($log, $reason, '... and it is said why');
        ok(!-e "$directory/server_info.cfg", '... and nothing is written');
    }
};

subtest 'believed all the same, with a warning, where that is allowed' => sub {
    my ($found, $log) = look(
        rows(1234567890, Ticket => $ticket, Proof => $proof), trusted_key => $other_key, allow_unsigned => 1);
    is($found->{address}, 'wn123.cern.ch:21001', 'found');
    is($found->{owner},   undef,                 "nobody's");
    like($log, qr/^warning: master 1234567890 .* is believed, though/, 'the warning');
};

subtest 'keys from a file' => sub {
    my $file = private_directory() . '/keys';
    write_file($file, "# of the VO\n\n  $other_key\n$vo_key the new one\n");
    my ($found) = look(rows(1234567890, Ticket => $ticket, Proof => $proof), trusted_key => [], trusted_keys_file => $file);
    is($found->{owner}, 'aliprod', 'are taken');
    write_file($file, "$vo_key\nabc\n");
    my $error = error_of(sub { look(rows(1234567890), trusted_keys_file => $file) });
    cmp_ok($error, '==', 78, 'a line that is none is refused');
    like($error, qr/line 2/, '... by its number');
    $error = error_of(sub { look(rows(1234567890), trusted_keys_file => "$file.none") });
    cmp_ok($error, '==', 66, 'a file that is not there');
    foreach my $name (qw(trusted_key revoked)) {
        $error = error_of(sub { AliEn::PoD::Watcher->new($name => 'abc') });
        cmp_ok($error, '==', 64, "$name that is none");
        like($error, qr/$name.*32 bytes in base64/, '... and what is expected');
    }
};

done_testing;
